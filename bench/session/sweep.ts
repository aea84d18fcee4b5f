// All combinations of the values to try.
import { checked, SETTING_NAMES, type Setting, type Settings, UsageError } from './settings';

export type Sweep = { setting: Setting; values: string[] }[];

/** `fps=5,10,15` and the like. */
export function readSweep(lists: string[]): Sweep {
  const sweep: Sweep = [];
  for (const list of lists) {
    const [, name, values] = /^(\w+)=(.+)$/.exec(list) ?? [];
    const setting = SETTING_NAMES.find((known) => known === name);
    if (!setting || !values) {
      throw new UsageError(`--sweep ${list}: must be a list such as fps=5,10 of ${SETTING_NAMES.join(', ')}`);
    }
    if (sweep.some((other) => other.setting === setting)) {
      throw new UsageError(`--sweep: ${setting} is listed twice`);
    }
    sweep.push({ setting, values: [...new Set(values.split(',').map((value) => checked(setting, value)))] });
  }
  return sweep;
}

/** The first setting varies slowest. */
export function combinations(sweep: Sweep): Partial<Settings>[] {
  return sweep.reduce<Partial<Settings>[]>(
    (sofar, { setting, values }) =>
      sofar.flatMap((each) => values.map((value) => ({ ...each, [setting]: value }))),
    [{}],
  );
}

/** What tells a run from the others: "fps 15, size 320x240". */
export const titleOf = (varied: Partial<Settings>): string =>
  Object.entries(varied)
    .map(([setting, value]) => `${setting} ${value}`)
    .join(', ');
