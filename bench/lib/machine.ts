import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem, type, version } from 'node:os';

export type Machine = {
  cores: number;
  processor: string;
  memory_gib: number;
  os: string;
  kernel: string;
  load: number;
};

/** `load`: processes that ran or wanted to, in the mean of the last minute. */
export const thisMachine = (): Machine => ({
  cores: cpus().length,
  processor: cpus()[0]?.model.trim() || 'unknown',
  memory_gib: Math.round((10 * totalmem()) / 2 ** 30) / 10,
  os: distribution() ?? version(),
  kernel: `${type()} ${release()}`,
  load: loadavg()[0] ?? Number.NaN,
});

/** Times measured on a machine with other work tell of that work, too. */
export const inWords = ({ cores, processor, load }: Machine): string =>
  `${cores} cores (${processor}), load before the measurement ${load.toFixed(1)}`;

/** A Linux says by a file which one it is. */
function distribution(): string | null {
  try {
    const text = readFileSync('/etc/os-release', 'utf8');
    return /^PRETTY_NAME="?(.*?)"?$/m.exec(text)?.[1] ?? null;
  } catch {
    return null;
  }
}
