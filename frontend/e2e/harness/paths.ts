import { fileURLToPath } from 'node:url';

const fromHere = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export const ROOT = fromHere('../../../');
export const CLIPS = fromHere('../../../bench/clips/');
export const PAGES = fromHere('../../dist/');
export const ARTIFACTS = fromHere('../artifacts/');
export const SERVER = process.env.SIGHTLINE_BIN ?? fromHere('../../../target/release/sightline');
