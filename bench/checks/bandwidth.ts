// bench/check_bandwidth.sh: what the viewer says of its traffic, and what the kernel counted.
// Runs in the server's network namespace.
import { networkInterfaces } from 'node:os';
import { openBareViewer, openPhone } from '../../frontend/e2e/harness/pages';
import { Server } from '../../frontend/e2e/harness/server';
import { joinLink } from '../../frontend/e2e/harness/viewer';
import { wholeNumber } from '../lib/command';
import { decimals, type Goal, type Measured, progress, progressDone, table } from '../lib/words';
import { check, record, warmUp } from './check';
import { readCounters } from './counters';
import { differenceOf, type Flow, flowsOf } from './flows';
import { launchLaptopBehind, launchPhoneBehind } from './launcher';

const HELP = `The viewer's uplink_kbps, downlink_kbps and video_kbps against the kernel's counters.

usage: bench/check_bandwidth.sh [OPTIONS]

  --seconds N   how long to record [default: 20]
  --out FILE    write the figures as JSON, too; named from the project's root
  -h, --help    this text

Server, viewer and phone run in three network namespaces of their own, which are removed at the end. The status is
0 when all three lie within 5 %, 2 when one does not, 1 when something went wrong. CHROME names the browser,
SIGHTLINE_BIN a server that is built already. Linux only; needs root and iproute2.`;

const MOST_DIFFERENCE = 0.05;

export const main = (args: string[]): Promise<number> =>
  check({ name: 'check_bandwidth', help: HELP, options: ['seconds'], run }, args);

async function run(values: Record<string, string | undefined>): Promise<Measured> {
  const seconds = wholeNumber('seconds', values.seconds ?? '20', 1, 600);
  const { VIEWER_HOST, PHONE_HOST } = process.env;
  if (!VIEWER_HOST || !PHONE_HOST)
    throw new Error('no network namespaces: start it by bench/check_bandwidth.sh');
  const { metrics, flows } = await measure(VIEWER_HOST, PHONE_HOST, seconds);
  progressDone();
  show(flows);
  return { figures: { seconds, flows, metrics }, goals: flows.map(goalOf) };
}

/** The host's command for a program to run on it. */
const on = (host: string): string[] => ['ip', 'netns', 'exec', host];

/** This host's address on the wire to that one. */
function addressTowards(name: string): string {
  const found = networkInterfaces()[name]?.find(({ family }) => family === 'IPv4');
  if (!found) throw new Error(`no wire to the ${name}: start it by bench/check_bandwidth.sh`);
  return found.address;
}

const readWires = (viewerHost: string) => ({
  server: readCounters(viewerHost, 'server'),
  phone: readCounters(viewerHost, 'phone'),
});

async function measure(viewerHost: string, phoneHost: string, seconds: number) {
  progress('server, viewer and phone start');
  const flags = ['--mode', 'server', '--public-host', addressTowards('phone')];
  const server = await Server.start({ flags });
  const laptop = await launchLaptopBehind(on(viewerHost));
  const phones = await launchPhoneBehind(on(phoneHost));
  try {
    const url = `https://${addressTowards('viewer')}:${server.port}/?mode=server&room=new`;
    // Without the camera's permission Chrome tells the phone only the default route's address: here there is none.
    const viewer = await openBareViewer(laptop, url, { permissions: ['camera'] });
    await openPhone(phones, await joinLink(viewer.page));
    await warmUp(viewer);
    progress(`measuring for ${seconds} s`);
    const before = readWires(viewerHost);
    const { metrics } = await record(viewer, seconds);
    return { metrics, flows: flowsOf(metrics, before, readWires(viewerHost)) };
  } finally {
    await Promise.all([laptop.close(), phones.close(), server.stop()]);
  }
}

const percent = (share: number): string => `${share < 0 ? '' : '+'}${(100 * share).toFixed(1)} %`;

function show(flows: Flow[]): void {
  console.log(
    table([
      ['kbps', 'viewer says', 'on the wire', 'in TCP or UDP', 'TLS, WebSocket', 'left', 'difference'],
      ...flows.map((flow) => [
        flow.name,
        decimals(flow.ours, 1),
        decimals(flow.wire, 1),
        decimals(flow.carried, 1),
        decimals(flow.framing, 1),
        decimals(flow.carried - flow.framing, 1),
        percent(differenceOf(flow)),
      ]),
    ]),
  );
}

function goalOf(flow: Flow): Goal {
  const difference = differenceOf(flow);
  return {
    text: `${flow.name} within ${100 * MOST_DIFFERENCE} % of the kernel's count: ${percent(difference)}`,
    met: Math.abs(difference) <= MOST_DIFFERENCE,
  };
}
