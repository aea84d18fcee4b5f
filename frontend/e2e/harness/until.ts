// Waits for a condition, never for a time.

const LOOK_EVERY_MS = 50;

/** Asks until the answer is neither null, undefined nor false; fails after `bound` ms, saying what was waited for. */
export async function until<T>(
  what: string,
  ask: () => Promise<T> | T,
  bound = 60_000,
): Promise<Exclude<T, null | undefined | false>> {
  const end = Date.now() + bound;
  for (;;) {
    const answer = await ask();
    if (answer !== null && answer !== undefined && answer !== false) {
      return answer as Exclude<T, null | undefined | false>;
    }
    if (Date.now() > end) throw new Error(`${what}: not within ${bound / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}
