// Whether boxes come back as soon as is promised.
import { expect } from 'vitest';
import { untilState } from './state';
import { until } from './until';
import type { Asked } from './viewer';

/** What is promised, where nothing else runs. */
const PROMISED_MS = 3000;
/**
 * A machine that runs tests stalls now and then. Twice as long still finds what breaks the promise by rule, such as waits
 * of many seconds between two tries; the single waits are held by tests beside the code.
 */
const JUDGED_MS = 2 * PROMISED_MS;

/**
 * To be called when what kept the boxes away is over: says how long they take from there on, by the page's own clock, and
 * fails when that is too long. Two frames may have been on their way before: the third one counts.
 */
export async function untilBack(page: Asked, cause: string): Promise<void> {
  const over = await page.evaluate(() => performance.now());
  const third = await until(`${cause}: boxes are back`, () =>
    page.evaluate((since) => window.e2e.painted.filter(({ at }) => at > since)[2]?.at ?? null, over),
  );
  const took = Math.round(third - over);
  console.log(`${cause}: boxes are back after ${took} ms; ${PROMISED_MS} ms are promised`);
  expect(took, `${cause}: ms until boxes are back`).toBeLessThan(JUDGED_MS);
  await untilState(page, { connection: 'live' });
}
