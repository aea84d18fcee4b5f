// What must be there before a measurement begins: it would be a pity to find out afterwards.
import { statSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { findChrome } from '../../frontend/e2e/harness/chrome';
import { checkPlace } from '../lib/command';
import type { Options } from './options';

/** What Chromium's fake camera can play. */
const CLIP_KINDS = ['.mjpeg', '.y4m'];

export function checkFiles(options: Options): void {
  if (options.kind !== 'attach') checkClip(options.clip);
  const [flag, figures] = options.kind === 'sweep' ? ['--csv', options.csv] : ['--out', options.out];
  checkPlace('--report', options.report);
  checkPlace(flag, figures);
  if (resolve(figures) === resolve(options.report)) {
    throw new Error(`${flag} and --report name the same file: each needs one of its own`);
  }
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

function checkDisplay(): void {
  const { DISPLAY, WAYLAND_DISPLAY } = process.env;
  if (process.platform !== 'linux' || DISPLAY || WAYLAND_DISPLAY) return;
  throw new Error('--headed needs a display, and DISPLAY is not set: leave it out, or run under xvfb-run');
}
