// What must be there before a measurement begins: it would be a pity to find out afterwards.
import { statSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { findChrome } from '../../frontend/e2e/harness/chrome';
import { checkPlace } from '../lib/command';
import type { Options } from './options';
import type { PhoneKind } from './phones';

/** What Chromium's fake camera can play, and what the virtual phone can; and how the first is made of others. */
const CLIP_KINDS: Record<PhoneKind, { endings: string[]; recipe: string }> = {
  browser: { endings: ['.mjpeg', '.y4m'], recipe: 'ffmpeg -i CLIP -an -c:v mjpeg -q:v 3 clip.mjpeg' },
  virtual: { endings: ['.ivf'], recipe: 'ffmpeg -i CLIP -an -c:v libvpx -auto-alt-ref 0 -g 30 clip.ivf' },
};

export function checkFiles(options: Options): void {
  if (options.kind !== 'attach') checkClip(options.clip, options.phone);
  const [flag, figures] = options.kind === 'sweep' ? ['--csv', options.csv] : ['--out', options.out];
  checkPlace('--report', options.report);
  checkPlace(flag, figures);
  if (resolve(figures) === resolve(options.report)) {
    throw new Error(`${flag} and --report name the same file: each needs one of its own`);
  }
  if (options.headed) checkDisplay();
  findChrome();
}

function checkClip(clip: string, phone: PhoneKind): void {
  if (!statSync(clip, { throwIfNoEntry: false })?.isFile())
    throw new Error(`--clip ${clip}: there is no such file`);
  const { endings, recipe } = CLIP_KINDS[phone];
  if (endings.includes(extname(clip))) return;
  throw new Error(`--clip ${clip}: must be ${endings.join(' or ')}, which \`${recipe}\` makes of others`);
}

function checkDisplay(): void {
  const { DISPLAY, WAYLAND_DISPLAY } = process.env;
  if (process.platform !== 'linux' || DISPLAY || WAYLAND_DISPLAY) return;
  throw new Error('--headed needs a display, and DISPLAY is not set: leave it out, or run under xvfb-run');
}
