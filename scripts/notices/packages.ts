// The npm packages in the pages, by a build of them, and the one whose library the server loads.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Plugin } from 'vite';
import { ROOT } from '../../frontend/e2e/harness/paths';
import { type Component, textsIn } from './component';

const FRONTEND = join(ROOT, 'frontend');
/** Of this one only the shared library ships. */
const RUNTIME = join(FRONTEND, 'node_modules', 'onnxruntime-node');

export async function npmPackages(): Promise<Component[]> {
  const folders = new Set([RUNTIME, ...(await foldersInPages())]);
  return [...folders].map((folder) => {
    const { name, version, license = '' } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return { name, version, licence: license, texts: textsIn(folder) };
  });
}

/** Vite's own list of licences leaves out workers, and so the detector. */
async function foldersInPages(): Promise<Set<string>> {
  const { build } = createRequire(join(FRONTEND, 'package.json'))('vite') as typeof import('vite');
  const folders = new Set<string>();
  const collector = (): Plugin => ({
    name: 'packages',
    transform(_code, id) {
      const [folder] = /^.*\/node_modules\/(@[^/]+\/)?[^/]+/.exec(id) ?? [];
      if (folder && !id.startsWith('\0')) folders.add(folder);
    },
  });
  await build({
    root: FRONTEND,
    logLevel: 'warn',
    build: { write: false },
    plugins: [collector()],
    worker: { plugins: () => [collector()] },
  });
  return folders;
}
