import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const fromHarness = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export const ROOT = fromHarness('../../../');
export const CLIPS = fromHarness('../../../bench/clips/');
export const PAGES = fromHarness('../../dist/');
export const ARTIFACTS = fromHarness('../artifacts/');
const { SIGHTLINE_BIN } = process.env;
/** Named from the current folder, which is not the server's. */
export const SERVER = SIGHTLINE_BIN
  ? resolve(SIGHTLINE_BIN)
  : fromHarness('../../../target/release/sightline');
