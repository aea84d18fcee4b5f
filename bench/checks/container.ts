// docker/check.sh: a phone and a viewer outside the container get boxes from the Sightline inside.
import { launchLaptop, launchPhone } from '../../frontend/e2e/harness/chrome';
import { openPhone, openViewer, takeTroubles, type Watched } from '../../frontend/e2e/harness/pages';
import { type Tally, tallyPeople } from '../../frontend/e2e/harness/people';
import { until } from '../../frontend/e2e/harness/until';
import { joinLink, paintedCount, stateOf } from '../../frontend/e2e/harness/viewer';
import type { Goal, Measured } from '../lib/words';
import { check } from './check';

const HELP = `Boxes on the people of a clip, seen by the phone and the viewer of this computer's browser.

usage: node bench/start.mjs bench/checks/container.ts --url http://localhost:3000 --phone-host 192.168.1.20:3000

  --url URL           the viewer's address
  --phone-host HOST   what the QR must lead to
  --out FILE          write the figures as JSON, too
  -h, --help          this text

The status is 0 when all is as it should be, 2 when something is not, 1 when the check itself failed.`;

/** The model itself, given the clip's own pixels at this size, finds three in four. */
const LEAST_FOUND = 0.6;
/** People are looked for where none are, too: it shows that the check can fail. */
const MOST_MIRRORED = 0.2;
const MODES = { server: 's', wasm: 'b' };

export const main = (args: string[]): Promise<number> =>
  check({ name: 'container', help: HELP, options: ['url', 'phone-host'], run }, args);

async function run(values: Record<string, string | undefined>): Promise<Measured> {
  const { url = 'http://localhost:3000', 'phone-host': expected = '' } = values;
  const [laptop, phones] = await Promise.all([launchLaptop(), launchPhone('people.mjpeg')]);
  try {
    const viewer = await openViewer(laptop, `${new URL(url).origin}/?room=new&threads=1`);
    const link = new URL(await joinLink(viewer.page));
    const phone = await openPhone(phones, link.href);
    const server = await boxesIn(viewer, 'server');
    const wasm = await boxesIn(viewer, 'wasm');
    const troubles = [...takeTroubles(viewer), ...takeTroubles(phone)];
    const goals = [
      { text: `the QR leads to ${link.host}`, met: link.host === expected },
      ...Object.entries({ server, wasm }).map(([mode, tally]) => goalOf(mode, tally)),
      {
        text: `the pages had no troubles${troubles.map((each) => `: ${each}`).join('')}`,
        met: troubles.length === 0,
      },
    ];
    return { figures: { link_host: link.host, server, wasm }, goals };
  } finally {
    await Promise.all([laptop.close(), phones.close()]);
  }
}

async function boxesIn({ page }: Watched, mode: keyof typeof MODES): Promise<Tally> {
  await page.keyboard.press(MODES[mode]);
  await until(`a result of ${mode} mode`, async () => {
    const { mode: current, connection } = await stateOf(page);
    return current === mode && connection === 'live';
  });
  return tallyPeople(page, await paintedCount(page));
}

function goalOf(mode: string, { people, found, mirrored }: Tally): Goal {
  return {
    text: `${mode} mode: boxes on ${found} of ${people} people (where nobody is: ${mirrored})`,
    met: found > LEAST_FOUND * people && mirrored < MOST_MIRRORED * people,
  };
}
