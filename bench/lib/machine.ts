import { cpus, loadavg } from 'node:os';

export type Machine = { cores: number; processor: string; load: number };

/** `load`: processes that ran or wanted to, in the mean of the last minute. */
export const thisMachine = (): Machine => ({
  cores: cpus().length,
  processor: cpus()[0]?.model.trim() ?? 'unknown',
  load: loadavg()[0] ?? Number.NaN,
});

/** Times measured on a machine with other work tell of that work, too. */
export const inWords = ({ cores, processor, load }: Machine): string =>
  `${cores} cores (${processor}), load before the measurement ${load.toFixed(1)}`;
