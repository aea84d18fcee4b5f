// One clock for page and worker: ms since the Unix epoch with sub-millisecond steps, never set back.
export const toEpoch = (sincePageOrWorkerBegan: number): number =>
  performance.timeOrigin + sincePageOrWorkerBegan;

export const epochNow = (): number => toEpoch(performance.now());
