// What the checks have in common: their options, a recording, and the status they exit with.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Watched } from '../../frontend/e2e/harness/pages';
import { takeTroubles } from '../../frontend/e2e/harness/pages';
import { until } from '../../frontend/e2e/harness/until';
import type { Recording } from '../../frontend/src/viewer/recording';
import { inWords, thisMachine } from '../lib/machine';
import { type Goal, type Measured, progressDone } from '../lib/words';

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

/** The status to exit with; what went wrong is told in one line. */
export async function check(asked: Check, args: string[]): Promise<number> {
  try {
    return await runCheck(asked, args);
  } catch (error) {
    progressDone();
    console.error(`${asked.name}: ${error instanceof Error ? error.message : error}`);
    if (process.env.DEBUG) console.error(error);
    return 1;
  }
}

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
  const machine = thisMachine();
  const { figures, goals } = await run(
    rest as Values,
    flags.filter((name) => name in rest),
  );
  if (out) writeFileSync(String(out), `${JSON.stringify({ ...figures, goals, machine }, null, 2)}\n`);
  console.log(`\n${inWords(machine)}`);
  return judge(goals);
}

function judge(goals: Goal[]): number {
  for (const { text, met } of goals) console.log(`${met ? 'pass' : 'FAIL'}  ${text}`);
  return goals.every(({ met }) => met) ? 0 : 2;
}

export function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new Error(`--${name} ${text} is not a whole number from ${least} to ${most}`);
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
