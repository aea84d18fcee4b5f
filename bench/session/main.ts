// bench/run_bench.sh: from the command line to files.
import { setImmediate } from 'node:timers/promises';
import { build } from '../lib/build';
import { NotWritten, write } from '../lib/command';
import { processLister } from '../lib/cpu';
import { inWords, type Machine, thisMachine } from '../lib/machine';
import { progress, progressDone, sentence } from '../lib/words';
import { csvOf, type Row } from './csv';
import { figures, sweepFigures } from './figures';
import { checkFiles } from './files';
import { HELP } from './help';
import { INTERRUPTED, listenForInterrupts } from './interrupt';
import { type Bench, measure } from './measure';
import { type Options, readArguments } from './options';
import type { Run } from './report/data';
import { renderReport } from './report/html';
import { Rig } from './rig';
import { UsageError } from './settings';
import { combinations, titleOf } from './sweep';
import { commandLine } from './words';

type Single = Exclude<Options, { kind: 'sweep' }>;
type Sweeping = Extract<Options, { kind: 'sweep' }>;

/** The status to exit with; what went wrong is told in one line. */
export async function main(args: string[]): Promise<number> {
  const signal = listenForInterrupts();
  try {
    const options = readArguments(args);
    if (!options) {
      console.log(HELP);
      return 0;
    }
    return await run(options, commandLine(args), signal);
  } catch (error) {
    progressDone();
    // A Ctrl-C ends builds, too; the news of it comes after their failure.
    await setImmediate();
    const interrupted = signal.aborted && !(error instanceof NotWritten);
    console.error(`run_bench: ${sentence(interrupted ? signal.reason : error)}`);
    if (process.env.DEBUG) console.error(error);
    if (interrupted) return INTERRUPTED;
    return error instanceof UsageError ? 2 : 1;
  }
}

async function run(options: Options, command: string, signal: AbortSignal): Promise<number> {
  checkFiles(options);
  // Before the build, whose work is over when the measurement begins.
  const machine = thisMachine();
  if (options.kind !== 'attach') build('pages', options.phone === 'virtual' ? 'phone' : 'server');
  const processes = await processLister();
  progress('starting the browsers');
  const rig =
    options.kind === 'attach'
      ? await Rig.attach(options.url, options.headed)
      : await Rig.start(options.phone, options.clip, options.headed);
  try {
    const bench = { rig, machine, processes, signal };
    if (options.kind === 'sweep') return await sweep({ ...bench, options }, command);
    return await single({ ...bench, options }, command);
  } finally {
    await rig.close();
  }
}

async function single(bench: Bench & { options: Single }, command: string): Promise<number> {
  const { options, machine, signal } = bench;
  const { run, notes } = await measure(bench, options.settings, titleOf({ mode: options.settings.mode }));
  write(options.out, `${JSON.stringify(run.metrics, null, 2)}\n`);
  writeReport(options.report, command, [run], notes);
  console.log(`\n${figures(run.metrics)}\n`);
  tell(machine, notes, [options.out, options.report]);
  return signal.aborted ? INTERRUPTED : 0;
}

/** A combination that fails is noted, and the next one tried. */
async function sweep(bench: Bench & { options: Sweeping }, command: string): Promise<number> {
  const { options, machine, signal } = bench;
  const rows: Row[] = [];
  const runs: Run[] = [];
  const notes: string[] = [];
  const all = combinations(options.sweep);
  for (const varied of all) {
    if (signal.aborted) break;
    const title = titleOf(varied);
    console.error(`${rows.length + 1} of ${all.length}: ${title}`);
    try {
      const measured = await measure(bench, { ...options.settings, ...varied }, title);
      runs.push(measured.run);
      notes.push(...measured.notes.map((note) => `${title}: ${note}`));
      rows.push({ varied, result: { metrics: measured.run.metrics, note: measured.notes.join('; ') } });
    } catch (error) {
      if (signal.aborted) break;
      notes.push(`${title}: failed: ${sentence(error)}`);
      rows.push({ varied, result: { failure: sentence(error) } });
      console.error(`  failed: ${sentence(error)}`);
    }
  }
  if (runs.length === 0) throw new Error(`no run of the sweep gave figures; the last: ${notes.at(-1)}`);
  if (rows.length < all.length) notes.push(`interrupted: ${rows.length} of ${all.length} runs were made`);
  write(options.csv, csvOf(rows));
  writeReport(options.report, command, runs, notes);
  console.log(`\n${sweepFigures(rows)}\n`);
  tell(machine, notes, [options.csv, options.report]);
  if (signal.aborted) return INTERRUPTED;
  return runs.length === all.length ? 0 : 1;
}

function writeReport(file: string, command: string, runs: Run[], notes: string[]): void {
  write(file, renderReport({ made: new Date().toISOString(), command, runs, notes }));
}

function tell(machine: Machine, notes: string[], files: string[]): void {
  console.log(inWords(machine));
  for (const note of notes) console.log(`note: ${note}`);
  console.log(`written: ${files.join(', ')}`);
}
