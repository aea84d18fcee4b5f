// How figures, news and errors are shown.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../frontend/e2e/harness/paths';
import type { Summary } from '../../frontend/src/protocol/messages';

export type Goal = { text: string; met: boolean };
/** A command's outcome: what --out writes, and whether it is good enough. */
export type Measured = { figures: Record<string, unknown>; goals: Goal[] };

/** One line that tells what is under way; on a terminal the next one takes its place. */
export function progress(text: string): void {
  const { isTTY } = process.stderr;
  process.stderr.write(isTTY ? `\r\x1b[K${text}` : `${text}\n`);
}

export function progressDone(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
}

/** Columns as wide as their longest cell; all but the first to the right. */
export function table(rows: string[][]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  const cell = (text: string, column: number) =>
    column === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[column] ?? 0);
  return rows.map((row) => row.map(cell).join('   ').trimEnd()).join('\n');
}

export const decimals = (value: number | null | undefined, digits: number): string =>
  value === null || value === undefined ? 'not measured' : value.toFixed(digits);

export const medianAndP95 = (summary: Summary | null): string =>
  summary ? `${summary.median.toFixed(1)} / ${summary.p95.toFixed(1)}` : 'not measured';

/** What an error says, in one line: without the driver's prefixes and call log. */
export function sentence(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  return line.replace(/^(page|browser|browserType)\.\w+: /, '').replace(/^Error: /, '');
}

/** A folder for what a command leaves behind, where builds are: never committed. */
export function workFolder(name: string): string {
  const folder = join(ROOT, 'target', 'bench-browser', name);
  mkdirSync(folder, { recursive: true });
  return folder;
}
