import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const fromHere = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export const ROOT = fromHere('../../../');
export const CLIPS = fromHere('../../../bench/clips/');
export const PAGES = fromHere('../../dist/');
export const ARTIFACTS = fromHere('../artifacts/');
const { SIGHTLINE_BIN } = process.env;
/** Named from the current folder, which is not the server's. */
export const SERVER = SIGHTLINE_BIN ? resolve(SIGHTLINE_BIN) : fromHere('../../../target/release/sightline');
