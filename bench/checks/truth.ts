// bench/check_truth.sh: latency and pairing as the viewer tells them, against what the painted pixels say.
import { launchLaptop } from '../../frontend/e2e/harness/chrome';
import { Server } from '../../frontend/e2e/harness/server';
import type { Summary } from '../../frontend/src/protocol/messages';
import { summarise } from '../../frontend/src/viewer/stats';
import { build } from '../lib/build';
import { wholeNumber } from '../lib/command';
import {
  decimals,
  type Goal,
  type Measured,
  medianAndP95,
  progress,
  progressDone,
  table,
} from '../lib/words';
import { check } from './check';
import { judge, LIMITS, type Verdict } from './truth/judge';
import { scenePeople } from './truth/scene';
import { CAMERA_FPS, PLANTS, type Plant, type Wanted, witness } from './truth/session';

const HELP = `The viewer's latency and the pairing of boxes with frames, checked frame by frame against the pixels.

usage: bench/check_truth.sh [OPTIONS]

  --mode server|wasm|both   where inference runs [default: both]
  --seconds N               how long each mode is recorded [default: 20]
  --plant late|off-by-one   make a deliberate error that the check must catch: capture times 50 ms too early, or
                            every result with the picture of the one before
  --prove                   run clean and with both deliberate errors, each as long: pass only if clean passes and
                            each error is caught
  --out FILE                write the figures as JSON, too; named from the project's root
  -h, --help                this text

The phone's camera is replaced by one whose pixels carry a counter and the time of drawing; the picture above them
moves a known step with every frame. Latency: the frame callback after the painting minus the time in the painted
pixels, against the E2E that the viewer recorded for that frame; the median of |difference| may be ${LIMITS.difference_ms} ms. Pairing:
boxes must lie where the people stood in the painted frame, and in no other; every frame that can be judged counts.
Sensor and panel take no part. Phone, viewer and server share this machine: other work on it delays the packets that
the browser tells capture times by, and with them those times.

The status is 0 when all is true, 2 when it is not, 1 when it could not be measured. CHROME names the browser,
SIGHTLINE_BIN a server that is built already.`;

/** Fewer tell nothing. */
const LEAST_FRAMES = 20;

type Run = Omit<Wanted, 'settled'> & Verdict & { handed_over_ms: Summary | null };

export const main = (args: string[]): Promise<number> =>
  check(
    { name: 'check_truth', help: HELP, options: ['mode', 'seconds', 'plant'], flags: ['prove'], run },
    args,
  );

async function run(values: Record<string, string | undefined>, flags: string[]): Promise<Measured> {
  const seconds = wholeNumber('seconds', values.seconds ?? '20', 3, 600);
  const modes = modesOf(values.mode ?? 'both');
  const plant = plantOf(values.plant);
  const prove = flags.includes('prove');
  if (prove && plant) throw new Error('--prove makes every deliberate error itself: leave --plant out');
  const plants = prove ? [null, 'late' as const, 'off-by-one' as const] : [plant];
  build('pages', 'server');
  const wanted = modes.flatMap((mode) => plants.map((plant) => ({ mode, plant, seconds })));
  const runs = await watchAll(wanted);
  progressDone();
  show(runs);
  return { figures: { limits: LIMITS, runs }, goals: runs.flatMap(prove ? proofOf : goalsOf) };
}

function modesOf(asked: string): Wanted['mode'][] {
  if (asked === 'both') return ['server', 'wasm'];
  if (asked === 'server' || asked === 'wasm') return [asked];
  throw new Error(`--mode ${asked} is neither server, wasm nor both`);
}

function plantOf(asked: string | undefined): Plant | null {
  if (asked === undefined) return null;
  if (asked in PLANTS) return asked as Plant;
  throw new Error(`--plant ${asked} is neither ${Object.keys(PLANTS).join(' nor ')}`);
}

async function watchAll(wanted: Omit<Wanted, 'settled'>[]): Promise<Run[]> {
  const [server, laptop, phones] = await Promise.all([Server.start(), launchLaptop(), launchLaptop()]);
  const runs: Run[] = [];
  try {
    for (const each of wanted) {
      progress(`${titleOf(each)}: a phone joins, then ${each.seconds} s`);
      const { sightings, frames, handedOver } = await witness({ laptop, phones }, server.viewerUrl, {
        ...each,
        settled: true,
      });
      const verdict = judge(sightings, frames, scenePeople(), 1000 / CAMERA_FPS);
      runs.push({ ...each, ...enough(verdict), handed_over_ms: summarise(handedOver) });
    }
  } finally {
    await Promise.all([laptop.close(), phones.close(), server.stop()]);
  }
  return runs;
}

function enough(verdict: Verdict): Verdict {
  const { painted, unreadable, latency } = verdict;
  if (painted < LEAST_FRAMES) {
    throw new Error(`only ${painted} frames were painted: take a larger --seconds or a less busy machine`);
  }
  const compared = latency?.compared ?? 0;
  if (compared + unreadable < LEAST_FRAMES) {
    throw new Error(
      `only ${compared} frames had a capture time from the browser: use Chromium and a larger --seconds`,
    );
  }
  return verdict;
}

const titleOf = ({ mode, plant }: Pick<Run, 'mode' | 'plant'>): string =>
  plant ? `${mode}, ${plant}` : mode;

const passed = (met: boolean): string => (met ? 'pass' : 'FAIL');

const signed = (value: number): string => `${value < 0 ? '' : '+'}${value.toFixed(2)}`;

function show(runs: Run[]): void {
  const row = (name: string, of: (run: Run) => string) => [name, ...runs.map(of)];
  console.log(
    table([
      row('', titleOf),
      row('frames painted', ({ painted }) => String(painted)),
      row('  unreadable', ({ unreadable }) => String(unreadable)),
      row('frames compared', ({ latency }) => String(latency?.compared ?? 0)),
      row('  left out: no capture time', ({ latency }) => String(latency?.without_capture_time ?? 0)),
      row('E2E by the pixels, ms (median / p95)', ({ latency }) =>
        medianAndP95(latency?.true_e2e_ms ?? null),
      ),
      row('E2E as told, ms (median / p95)', ({ latency }) => medianAndP95(latency?.our_e2e_ms ?? null)),
      row('|difference|, ms (median / p95)', ({ latency }) =>
        spreadInWords(latency?.e2e_difference_ms.absolute),
      ),
      row('difference, ms (signed median)', ({ latency }) =>
        latency ? signed(latency.e2e_difference_ms.signed_median) : '–',
      ),
      row('capture time told − pixels, ms', ({ latency }) =>
        latency ? signed(latency.capture_difference_ms.signed_median) : '–',
      ),
      row('stamp to hand-over, ms (median / p95)', ({ handed_over_ms }) => medianAndP95(handed_over_ms)),
      row('boxes on their own frame', ({ pairing }) => `${pairing.right} of ${pairing.judged}`),
      row('  left out: too few boxes', ({ pairing }) => String(pairing.unjudged)),
      row('latency', ({ met }) => passed(met.latency)),
      row('pairing', ({ met }) => passed(met.pairing)),
    ]),
  );
}

const spreadInWords = (summary: Summary | undefined): string =>
  summary ? `${summary.median.toFixed(2)} / ${summary.p95.toFixed(2)}` : '–';

function goalsOf(run: Run): Goal[] {
  const { latency, pairing, painted, unreadable, met } = run;
  const difference = decimals(latency?.e2e_difference_ms.absolute.median, 2);
  const title = titleOf(run);
  return [
    {
      text:
        `${title}: E2E is true, median |told − pixels| ${difference} ms (at most ${LIMITS.difference_ms}), ` +
        `${latency?.compared ?? 0} frames, ${unreadable} of ${painted} unreadable`,
      met: met.latency,
    },
    {
      text:
        `${title}: ${pairing.right} of ${pairing.judged} frames paired rightly, ` +
        `${pairing.unjudged} of ${painted} with too few boxes to judge`,
      met: met.pairing,
    },
  ];
}

/**
 * The right number must be the wrong one. A picture one frame late makes E2E untrue as well: the pixels on the
 * screen are older than the frame that the viewer tells of.
 */
function proofOf(run: Run): Goal[] {
  const { plant, latency, pairing, met } = run;
  if (plant === null) return goalsOf(run);
  const difference = latency?.e2e_difference_ms;
  if (plant === 'late') {
    const caught = difference !== undefined && difference.absolute.median > LIMITS.difference_ms;
    const by = decimals(difference?.signed_median, 2);
    return [
      {
        text: `${titleOf(run)}: caught, E2E is off by ${by} ms; pairing still right`,
        met: caught && met.pairing,
      },
    ];
  }
  const caught = pairing.judged > 0 && pairing.right < 0.1 * pairing.judged;
  return [
    {
      text: `${titleOf(run)}: caught, ${pairing.right} of ${pairing.judged} frames paired rightly`,
      met: caught,
    },
  ];
}
