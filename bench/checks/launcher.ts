// Browsers behind another command, such as `env NAME=VALUE` or `ip netns exec NAME`.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cameraShowing, findChrome, launchWith } from '../../frontend/e2e/harness/chrome';
import { CLIPS } from '../../frontend/e2e/harness/paths';

type Browser = Awaited<ReturnType<typeof launchWith>>;

export const launchLaptopBehind = (command: string[]): Promise<Browser> =>
  launchWith({ executablePath: launcher(command) });

export const launchPhoneBehind = (command: string[]): Promise<Browser> =>
  launchWith({ executablePath: launcher(command) }, cameraShowing(join(CLIPS, 'people.mjpeg')));

/** Playwright takes one path for a browser: the command goes into a script. */
function launcher(command: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-launcher-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const script = join(folder, 'chrome');
  const words = [...command, findChrome()].map(quoted).join(' ');
  writeFileSync(script, `#!/bin/sh\nexec ${words} "$@"\n`, { mode: 0o755 });
  return script;
}

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;
