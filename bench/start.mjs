// node bench/start.mjs ENTRY.ts ARGUMENTS: runs a bench as the browser tests are run. Vite compiles it, packages
// are those of the pages.
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const [entry, ...args] = process.argv.slice(2);
const frontend = new URL('../frontend/', import.meta.url);
const vite = createRequire(new URL('package.json', frontend)).resolve('vite');
const { runnerImport } = await import(pathToFileURL(vite).href);
const { module } = await runnerImport(resolve(entry), {
  root: fileURLToPath(frontend),
  configFile: false,
  logLevel: 'warn',
});
// At once: a browser or server that a failure left open ends with this process, and must not keep it.
process.exit(await module.main(args));
