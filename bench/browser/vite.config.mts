// The bench's page, built as the viewer is; the server takes it in the viewer's place (--pages).
import { fileURLToPath } from 'node:url';
import pages from '../../frontend/vite.config.ts';

const { resolve, worker, build } = pages;

export default {
  root: fileURLToPath(new URL('page', import.meta.url)),
  base: '/',
  build: {
    target: build?.target,
    outDir: fileURLToPath(new URL('../../target/bench-browser/pages', import.meta.url)),
    emptyOutDir: true,
  },
  resolve,
  worker,
};
