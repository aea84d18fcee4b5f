import type { Engine } from './messages';

/** What people call them. */
export const ENGINE_WORDS: Record<Engine, string> = { server: 'server', webgpu: 'WebGPU', wasm: 'WASM' };
