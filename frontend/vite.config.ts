import { fileURLToPath } from 'node:url';
import { defaultClientConditions } from 'vite';
import { defineConfig } from 'vitest/config';

const page = (name: string) => fileURLToPath(new URL(name, import.meta.url));

export default defineConfig({
  base: '/',
  build: {
    target: 'es2022',
    rolldownOptions: { input: { viewer: page('index.html'), phone: page('phone.html') } },
  },
  // ONNX Runtime without its WebAssembly inlined: we fetch that ourselves, to show its progress.
  resolve: { conditions: ['onnxruntime-web-use-extern-wasm', ...defaultClientConditions] },
  optimizeDeps: { exclude: ['onnxruntime-web'] },
  worker: { format: 'es' },
  test: {
    include: ['src/**/*.test.ts', '../bench/**/*.test.ts', '../scripts/**/*.test.ts'],
    environment: 'node',
  },
});
