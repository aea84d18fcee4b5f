// The viewer's own state, once it is as it should be.
import { expect } from 'vitest';
import type { Handles } from '../../src/viewer/viewer';
import { until } from './until';
import type { Asked } from './viewer';

type State = ReturnType<Handles['state']>;
type Wanted = { [key in keyof State]?: unknown };

/**
 * Waits until one look finds all of this. The worker tells of itself a few times a second, so what the page says may
 * be older than what it shows; and on a busy machine the video stalls now and then, which is no end of being live.
 */
export async function untilState(page: Asked, wanted: Wanted): Promise<void> {
  let seen: State | undefined;
  const look = async () => {
    // A page that has just been loaded tells nothing yet.
    seen = (await page.evaluate(() => window.sightline?.state())) ?? seen;
    return seen !== undefined && differs(seen, wanted) === null;
  };
  await until('the wanted state', look, 90_000).catch((cause: unknown) => {
    throw Object.assign((seen && differs(seen, wanted)) ?? new Error('no state was told'), { cause });
  });
}

/** Null, or an error that shows the difference. */
function differs(state: State, wanted: Wanted): Error | null {
  try {
    expect(state).toMatchObject(wanted);
    return null;
  } catch (error) {
    return error as Error;
  }
}
