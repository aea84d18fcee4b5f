// What a measurement is made with, and what a sweep varies: the viewer's address and the threads that infer.
import { DEFAULTS, readOptions } from '../../frontend/src/viewer/options';

export type Setting = 'mode' | 'fps' | 'size' | 'quality' | 'threads';
export type Settings = Record<Setting, string>;

/** The command line makes no sense: said in one line. */
export class UsageError extends Error {}

export const SETTINGS: Record<Setting, { usual: string; allowed: string }> = {
  mode: { usual: 'server', allowed: 'server, wasm or auto' },
  fps: { usual: String(DEFAULTS.fps), allowed: 'a number from 1 to 60' },
  size: {
    usual: `${DEFAULTS.width}x${DEFAULTS.height}`,
    allowed: 'a size such as 320x240, each side from 32 to 1920',
  },
  quality: { usual: String(DEFAULTS.quality), allowed: 'a number from 0.1 to 1' },
  threads: { usual: '1', allowed: 'a whole number from 1 to 64' },
};

export const SETTING_NAMES = Object.keys(SETTINGS) as Setting[];

/** Judged by the very code that reads the viewer's address. */
export function checked(setting: Setting, value: string): string {
  const { notes } = readOptions(`?${new URLSearchParams({ [setting]: value })}`);
  const whole = setting !== 'threads' || /^\d+$/.test(value);
  if (notes.length === 0 && whole) return value;
  throw new UsageError(`--${setting} ${value || '""'}: must be ${SETTINGS[setting].allowed}`);
}

/** What the viewer's address asks for. A room of its own: runs after each other do not meet. */
export const viewerQuery = (settings: Settings): string =>
  new URLSearchParams({ ...settings, room: 'new' }).toString();
