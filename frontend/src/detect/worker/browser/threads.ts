// How many threads WASM gets.

/** More hardly help models of this size, and the phone's video must be decoded, too. */
const USEFUL_THREADS = 4;

/** One without shared memory, which a page has only when it is isolated (and secure). */
export function threadsFor(asked: number | null, cores: number, shared: boolean): number {
  if (!shared) return 1;
  // Half of the cores: half of those that a browser counts are often hyper-threads, and others need some.
  const fitting = Math.min(USEFUL_THREADS, cores / 2);
  return Math.max(1, Math.floor(asked ?? fitting));
}
