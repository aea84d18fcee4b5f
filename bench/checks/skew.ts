// A browser whose wall clock is off.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Watched } from '../../frontend/e2e/harness/pages';
import { workFolder } from '../lib/words';

/** Asking a page takes some of this. */
const TOLERANCE_MS = 50;
/** A busy page answers late: the quickest of so many answers counts. */
const LOOKS = 5;

export function buildSkew(): string {
  const library = `${workFolder('checks')}/skew.so`;
  const source = fileURLToPath(new URL('skew.c', import.meta.url));
  execFileSync('cc', ['-O2', '-Wall', '-shared', '-fPIC', source, '-o', library, '-ldl'], {
    stdio: ['ignore', 2, 2],
  });
  return library;
}

/** A command that starts another one whose wall clock is so far ahead. */
export const skewed = (library: string, ms: number): string[] => [
  'env',
  `LD_PRELOAD=${library}`,
  `SKEW_MS=${ms}`,
];

/** How far the page's wall clock is ahead of ours; fails unless it is as wanted. */
export async function measuredSkew(page: Watched['page'], wanted: number): Promise<number> {
  let [skew, quickest] = [Number.NaN, Number.POSITIVE_INFINITY];
  for (let look = 0; look < LOOKS; look++) {
    const before = Date.now();
    const there = await page.evaluate(() => Date.now());
    const after = Date.now();
    if (after - before >= quickest) continue;
    quickest = after - before;
    skew = there - (before + after) / 2;
  }
  if (Math.abs(skew - wanted) <= TOLERANCE_MS) return skew;
  throw new Error(
    `the phone's clock could not be shifted: it is ${skew} ms ahead instead of ${wanted}; ` +
      'name a browser that takes LD_PRELOAD (no snap, no flatpak) by CHROME',
  );
}
