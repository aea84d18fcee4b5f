// The command line, read and checked: every value is good, or one line says what would be.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CLIPS } from '../../frontend/e2e/harness/paths';
import { PHONE_KINDS, type PhoneKind, USUAL_CLIPS } from './phones';
import { checked, SETTING_NAMES, SETTINGS, type Settings, UsageError } from './settings';
import { readSweep, type Sweep } from './sweep';

export type Options = {
  settings: Settings;
  duration: number;
  warmup: number;
  report: string;
  headed: boolean;
} & (
  | { kind: 'single'; phone: PhoneKind; clip: string; out: string }
  | { kind: 'attach'; url: string; out: string }
  | { kind: 'sweep'; phone: PhoneKind; clip: string; csv: string; sweep: Sweep }
);

const FLAGS = {
  ...Object.fromEntries(SETTING_NAMES.map((name) => [name, { type: 'string' as const }])),
  duration: { type: 'string' },
  warmup: { type: 'string' },
  phone: { type: 'string' },
  clip: { type: 'string' },
  out: { type: 'string' },
  report: { type: 'string' },
  csv: { type: 'string' },
  attach: { type: 'string' },
  sweep: { type: 'string', multiple: true },
  headed: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

type Given = Partial<Settings> &
  Partial<Record<'duration' | 'warmup' | 'phone' | 'clip' | 'out' | 'report' | 'csv' | 'attach', string>> & {
    sweep?: string[];
    headed?: boolean;
    help?: boolean;
  };

/** Null: help is wanted. */
export function readArguments(args: string[]): Options | null {
  const { given, rest } = parse(args);
  if (given.help) return null;
  if (rest[0] !== undefined && !given.sweep)
    throw new UsageError(`"${rest[0]}" is too much; --help tells all`);
  const settings = Object.fromEntries(
    SETTING_NAMES.map((name) => [name, checked(name, given[name] ?? SETTINGS[name].usual)]),
  ) as Settings;
  const common = {
    settings,
    duration: number('duration', given.duration ?? '30', 1, 3600),
    warmup: number('warmup', given.warmup ?? '5', 0, 600),
    report: given.report ?? 'report.html',
    headed: given.headed ?? false,
  };
  const phone = phoneKind(given.phone ?? 'browser');
  const clip = given.clip ?? join(CLIPS, USUAL_CLIPS[phone]);
  if (given.sweep) return { ...common, phone, clip, ...forSweep(given, given.sweep.concat(rest)) };
  refuse(given, ['csv'], 'is for --sweep: a single measurement is written to --out');
  const out = given.out ?? 'metrics.json';
  if (given.attach === undefined) return { ...common, kind: 'single', phone, clip, out };
  refuse(given, ['phone'], 'is for a phone that is started here: --attach waits for a real one');
  refuse(given, ['clip'], 'is for a camera that plays a clip: --attach waits for a real phone');
  return { ...common, kind: 'attach', out, url: address(given.attach) };
}

/** `--sweep fps=5,10 size=320x240,640x480`: what follows the first list comes without a flag. */
function forSweep(given: Given, lists: string[]) {
  refuse(given, ['attach'], 'does not go with --sweep: a real phone would have to join anew for every run');
  refuse(given, ['out'], 'is for a single measurement: --csv names the table of a sweep');
  const sweep = readSweep(lists);
  const twice = sweep.find(({ setting }) => given[setting] !== undefined);
  if (twice) throw new UsageError(`--${twice.setting} is swept: leave out the flag`);
  return { kind: 'sweep' as const, csv: given.csv ?? 'sweep.csv', sweep };
}

function parse(args: string[]): { given: Given; rest: string[] } {
  try {
    const { values, positionals } = parseArgs({ args, options: FLAGS, allowPositionals: true });
    return { given: values as Given, rest: positionals };
  } catch (error) {
    // Node's own words go on with advice about positional arguments.
    const [first] = (error instanceof Error ? error.message : String(error)).split(/\. |\.?\n/);
    throw new UsageError(`${first}; --help tells all`);
  }
}

function phoneKind(text: string): PhoneKind {
  const kind = PHONE_KINDS.find((each) => each === text);
  if (kind) return kind;
  throw new UsageError(`--phone ${text || '""'}: must be ${PHONE_KINDS.join(' or ')}`);
}

function number(name: string, text: string, least: number, most: number): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (value >= least && value <= most) return value;
  throw new UsageError(`--${name} ${text || '""'}: must be a number of seconds from ${least} to ${most}`);
}

function refuse(given: Given, names: (keyof Given)[], why: string): void {
  const name = names.find((each) => given[each] !== undefined);
  if (name) throw new UsageError(`--${name} ${why}`);
}

function address(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url && /^https?:$/.test(url.protocol)) return url.origin;
  throw new UsageError(`--attach ${text}: must be the viewer's address, such as http://localhost:3000`);
}
