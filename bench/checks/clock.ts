// bench/check_clock.sh: end-to-end latency with the phone's wall clock right, ahead and behind.
import type { Browser } from 'playwright-core';
import { launchLaptop } from '../../frontend/e2e/harness/chrome';
import { closePage, openBareViewer, openPhone } from '../../frontend/e2e/harness/pages';
import { Server } from '../../frontend/e2e/harness/server';
import { joinLink } from '../../frontend/e2e/harness/viewer';
import { summarise } from '../../frontend/src/viewer/stats';
import { build } from '../lib/build';
import { wholeNumber } from '../lib/command';
import { type Goal, type Measured, medianAndP95, progress, progressDone, table } from '../lib/words';
import { check, record, warmUp } from './check';
import { launchPhoneBehind } from './launcher';
import { buildSkew, measuredSkew, skewed } from './skew';

const HELP = `End-to-end latency must not change when the phone's wall clock is off.

usage: bench/check_clock.sh [OPTIONS]

  --mode server|wasm  where inference runs [default: server]
  --skew MS           how far the phone's clock is off, ahead and behind; 0 tells how much calls differ without
                      any shift [default: 5000]
  --seconds N         how long each phone is recorded [default: 5]
  --rounds N          how often all three phones are measured [default: 4]
  --out FILE          write the figures as JSON, too; named from the project's root
  -h, --help          this text

Phones with the right time, ahead and behind join in turn, again in every round. Calls differ by some ms without any
shift, too (how camera, sampler and screen fall into step): the median of the rounds counts. The status is 0 when it
changes by less than 10 ms, on the whole way and in its first stage, the only one that the phone's clock enters, and
the phone's camera timed 95 % of the frames or more; 2 when not, 1 when something went wrong. CHROME names the
browser, SIGHTLINE_BIN a server that is built already. Linux only: a small C library shifts the clock of the phone's
browser.`;

const MOST_CHANGE_MS = 10;
/** A frame timed by anything else tells nothing about the phone's clock. */
const LEAST_TIMED = 0.95;

type Settings = { mode: string; skew: number; seconds: number; rounds: number };

export const main = (args: string[]): Promise<number> =>
  check({ name: 'check_clock', help: HELP, options: ['mode', 'skew', 'seconds', 'rounds'], run }, args);

async function run(values: Record<string, string | undefined>): Promise<Measured> {
  const { mode = 'server' } = values;
  if (!['server', 'wasm'].includes(mode)) throw new Error(`--mode ${mode} is neither server nor wasm`);
  const skew = wholeNumber('skew', values.skew ?? '5000', 0, 1_000_000);
  const seconds = wholeNumber('seconds', values.seconds ?? '5', 1, 600);
  const rounds = wholeNumber('rounds', values.rounds ?? '4', 1, 20);
  if (process.platform !== 'linux') throw new Error('only on Linux can the clock of one browser be shifted');
  build('pages', 'server');
  const runs = await measureAll({ mode, skew, seconds, rounds });
  progressDone();
  show(runs);
  return { figures: { mode, skew, seconds, rounds, runs }, goals: goalsOf(runs) };
}

export type Run = Awaited<ReturnType<typeof measure>> & {
  round: number;
  phone: 'right' | 'ahead' | 'behind';
};

async function measureAll(settings: Settings): Promise<Run[]> {
  const library = buildSkew();
  const server = await Server.start({ flags: ['--mode', settings.mode] });
  const laptop = await launchLaptop();
  const runs: Run[] = [];
  try {
    for (let round = 1; round <= settings.rounds; round++) {
      for (const [phone, times] of [
        ['right', 0],
        ['ahead', 1],
        ['behind', -1],
      ] as const) {
        const skew = times * settings.skew;
        progress(`${settings.mode}, round ${round} of ${settings.rounds}: a phone, its clock ${phone}`);
        // The library is there without a shift, too: what it costs is in every figure.
        const phones = await launchPhoneBehind(skewed(library, skew));
        const run = measure({ laptop, phones }, server.viewerUrl, { ...settings, skew });
        runs.push({ round, phone, ...(await run.finally(() => phones.close())) });
      }
    }
  } finally {
    await Promise.all([laptop.close(), server.stop()]);
  }
  return runs;
}

async function measure(
  { laptop, phones }: { laptop: Browser; phones: Browser },
  url: string,
  { mode, skew, seconds }: Settings,
) {
  const viewer = await openBareViewer(laptop, `${url}?mode=${mode}&threads=1&room=new`);
  const phone = await openPhone(phones, await joinLink(viewer.page));
  await warmUp(viewer);
  const ahead = await measuredSkew(phone.page, skew);
  const { metrics } = await record(viewer, seconds);
  await closePage(viewer);
  return { ahead, metrics };
}

const signed = (value: number, digits: number): string => `${value < 0 ? '' : '+'}${value.toFixed(digits)}`;

type Figure = (metrics: Run['metrics']) => number | undefined;
const e2e: Figure = ({ e2e_latency_ms }) => e2e_latency_ms?.median;
/** The only stage that the phone's clock enters. */
const toArrival: Figure = ({ stages_ms }) => stages_ms.capture_to_receive?.median;

/** The median over the rounds: a call whose frames just miss the screen's refresh is slower by all of 16 ms. */
function overRounds(runs: readonly Run[], phone: Run['phone'], figure: Figure): number {
  const values = runs.filter((run) => run.phone === phone).map((run) => figure(run.metrics) ?? Number.NaN);
  return summarise(values)?.median ?? Number.NaN;
}

function show(runs: Run[]): void {
  console.log(
    table([
      [
        'round',
        'phone’s clock, ms',
        'E2E, ms (median / p95)',
        'camera to arrival',
        'frames',
        'timed by the phone',
      ],
      ...runs.map((run) => [
        String(run.round),
        signed(run.ahead, 0),
        medianAndP95(run.metrics.e2e_latency_ms),
        medianAndP95(run.metrics.stages_ms.capture_to_receive),
        String(run.metrics.frames.displayed),
        String(run.metrics.capture_clock.capture_time),
      ]),
    ]),
  );
}

export function goalsOf(runs: readonly Run[]): Goal[] {
  const changes = (['ahead', 'behind'] as const).flatMap((phone) => [
    changeGoal(runs, phone, 'E2E', e2e),
    changeGoal(runs, phone, 'camera to arrival', toArrival),
  ]);
  return [...changes, timedGoal(runs)];
}

function changeGoal(runs: readonly Run[], phone: 'ahead' | 'behind', name: string, figure: Figure): Goal {
  const [right, wrong] = [overRounds(runs, 'right', figure), overRounds(runs, phone, figure)];
  const change = wrong - right;
  return {
    text:
      `clock ${phone}: ${name} changes by < ${MOST_CHANGE_MS} ms: ${signed(change, 1)}, ` +
      `from ${right.toFixed(1)} to ${wrong.toFixed(1)} (medians over the rounds)`,
    met: Math.abs(change) < MOST_CHANGE_MS,
  };
}

function timedGoal(runs: readonly Run[]): Goal {
  const clocks = runs.map(({ metrics }) => metrics.capture_clock);
  const timed = clocks.reduce((sum, { capture_time }) => sum + capture_time, 0);
  const others = clocks.reduce((sum, { receive_time, sample_time }) => sum + receive_time + sample_time, 0);
  return {
    text: `the phone's camera timed ≥ ${100 * LEAST_TIMED} % of the frames: ${timed} of ${timed + others}`,
    met: timed >= LEAST_TIMED * (timed + others),
  };
}
