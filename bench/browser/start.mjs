// Runs main.ts as the browser tests are run: Vite compiles it, packages are those of the pages.
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

const frontend = new URL('../../frontend/', import.meta.url);
const vite = createRequire(new URL('package.json', frontend)).resolve('vite');
const { runnerImport } = await import(pathToFileURL(vite).href);
const { module } = await runnerImport(fileURLToPath(new URL('main.ts', import.meta.url)), {
  root: fileURLToPath(frontend),
  configFile: false,
  logLevel: 'warn',
});
// At once: a browser or server that a failure left open ends with this process, and must not keep it.
process.exit(await module.main(process.argv.slice(2)));
