// What must be there before a measurement begins: it would be a pity to find out afterwards.
import { accessSync, constants, statSync } from 'node:fs';
import { dirname, extname, resolve } from 'node:path';
import { findChrome } from '../../frontend/e2e/harness/chrome';
import type { Options } from './options';

/** What Chromium's fake camera can play. */
const CLIP_KINDS = ['.mjpeg', '.y4m'];

export function checkFiles(options: Options): void {
  if (options.kind !== 'attach') checkClip(options.clip);
  checkPlace('--report', options.report);
  if (options.kind === 'sweep') checkPlace('--csv', options.csv);
  else checkPlace('--out', options.out);
  if (options.headed) checkDisplay();
  findChrome();
}

function checkClip(clip: string): void {
  if (!statSync(clip, { throwIfNoEntry: false })?.isFile())
    throw new Error(`--clip ${clip}: there is no such file`);
  if (CLIP_KINDS.includes(extname(clip))) return;
  throw new Error(
    `--clip ${clip}: must be .mjpeg or .y4m, which \`ffmpeg -i CLIP -an -c:v mjpeg -q:v 3 clip.mjpeg\` makes of others`,
  );
}

function checkPlace(flag: string, file: string): void {
  const folder = dirname(resolve(file));
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new Error(`${flag} ${file}: there is no folder ${folder}`);
  }
  const present = statSync(file, { throwIfNoEntry: false });
  if (present && !present.isFile()) throw new Error(`${flag} ${file}: is not a file`);
  try {
    accessSync(present ? file : folder, constants.W_OK);
  } catch {
    throw new Error(`${flag} ${file}: may not be written`);
  }
}

function checkDisplay(): void {
  const { DISPLAY, WAYLAND_DISPLAY } = process.env;
  if (process.platform !== 'linux' || DISPLAY || WAYLAND_DISPLAY) return;
  throw new Error('--headed needs a display, and DISPLAY is not set: leave it out, or run under xvfb-run');
}
