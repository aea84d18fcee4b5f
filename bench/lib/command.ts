// What the benches' commands have in common: what they take, how they end, and what they leave.
import { accessSync, constants, statSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { inWords, thisMachine } from './machine';
import { type Goal, type Measured, progressDone, sentence } from './words';

/** The status that the command gives; 1 when it fails, and why is told in one line. */
export async function statusOf(name: string, command: () => Promise<number>): Promise<number> {
  try {
    return await command();
  } catch (error) {
    progressDone();
    console.error(`${name}: ${sentence(error)}`);
    if (process.env.DEBUG) console.error(error);
    return 1;
  }
}

/** Measures and writes the figures where they are wanted. 0 when every goal is met, 2 when one is missed. */
export async function report(out: string | undefined, measure: () => Promise<Measured>): Promise<number> {
  if (out !== undefined) checkPlace('--out', out);
  // Before the measurement, which is work, too.
  const machine = thisMachine();
  const { figures, goals } = await measure();
  if (out !== undefined) write(out, `${JSON.stringify({ ...figures, goals, machine }, null, 2)}\n`);
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
  throw new Error(`--${name} ${text || '""'} is not a whole number from ${least} to ${most}`);
}

/** Before a measurement: it would be a pity to find out afterwards. */
export function checkPlace(flag: string, file: string): void {
  const folder = dirname(resolve(file));
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new Error(`${flag} ${file}: there is no folder ${folder}`);
  }
  const present = statSync(file, { throwIfNoEntry: false });
  if (present && !present.isFile()) throw new Error(`${flag} ${file}: is not a file`);
  try {
    accessSync(present ? file : folder, constants.W_OK);
  } catch {
    throw new Error(`${flag} ${file}: may not be written`);
  }
}

/** What was measured could not be kept. */
export class NotWritten extends Error {}

export function write(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new NotWritten(`${file} could not be written: ${sentence(error)}`);
  }
}
