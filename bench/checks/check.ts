// What the checks have in common: their options, and a recording of a viewer that has settled.
import { parseArgs } from 'node:util';
import type { Watched } from '../../frontend/e2e/harness/pages';
import { takeTroubles } from '../../frontend/e2e/harness/pages';
import { until } from '../../frontend/e2e/harness/until';
import type { Recording } from '../../frontend/src/viewer/recording';
import { report, statusOf } from '../lib/command';
import type { Measured } from '../lib/words';

/** The phone's bit rate climbs, and its capture times settle, for some seconds. */
const SETTLE_MS = 6000;

type Values = Record<string, string | undefined>;
export type Check = {
  name: string;
  help: string;
  /** Beside --out and --help; all of them take a value. */
  options: string[];
  /** Options without a value. */
  flags?: string[];
  run: (values: Values, flags: string[]) => Promise<Measured>;
};

export const check = (asked: Check, args: string[]): Promise<number> =>
  statusOf(asked.name, () => runCheck(asked, args));

async function runCheck({ help, options, flags = [], run }: Check, args: string[]): Promise<number> {
  const taken = Object.fromEntries(options.map((name) => [name, { type: 'string' as const }]));
  const switches = Object.fromEntries(flags.map((name) => [name, { type: 'boolean' as const }]));
  const { values } = parseArgs({
    args,
    options: { ...taken, ...switches, out: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  const { help: wantsHelp, out, ...rest } = values;
  if (wantsHelp) {
    console.log(help);
    return 0;
  }
  const given = flags.filter((name) => name in rest);
  return report(out as string | undefined, () => run(rest as Values, given));
}

/** Until frames are shown whose time is the phone's camera's, and some seconds more. */
export async function warmUp({ page }: Watched): Promise<void> {
  await until('frames that the phone’s camera timed are shown', () =>
    page.evaluate(() => (window.sightline?.metrics().capture_clock.capture_time ?? 0) > 0),
  );
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
}

export async function record(viewer: Watched, seconds: number): Promise<Recording> {
  const recording = await viewer.page.evaluate((wanted) => window.sightline.record(wanted), seconds);
  const troubles = takeTroubles(viewer);
  if (troubles.length > 0) throw new Error(`the viewer had troubles: ${troubles.join('; ')}`);
  if (recording.frames.length === 0) throw new Error('no frame was shown while it was recorded');
  return recording;
}
