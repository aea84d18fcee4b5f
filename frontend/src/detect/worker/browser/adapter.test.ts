import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { findAdapter, isSoftware } from './adapter';

const REAL = { vendor: 'intel', architecture: 'xe', description: '' };
const SWIFTSHADER = { vendor: 'google', architecture: 'swiftshader', description: '' };

type Answer = () => Promise<unknown>;
const browserWith = (requestAdapter: Answer) => vi.stubGlobal('navigator', { gpu: { requestAdapter } });

beforeEach(() => {
  vi.spyOn(console, 'warn').mockImplementation(() => {});
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe('findAdapter', () => {
  it('names the adapter: by its description, else by maker and kind, else not at all', async () => {
    browserWith(async () => ({ info: { ...REAL, description: 'Intel Arc 140V' } }));
    expect(await findAdapter(false)).toBe('Intel Arc 140V');
    browserWith(async () => ({ info: REAL }));
    expect(await findAdapter(false)).toBe('intel xe');
    browserWith(async () => ({ info: { vendor: '', architecture: '', description: '' } }));
    expect(await findAdapter(false)).toBe('unnamed adapter');
  });

  it('finds none in a browser without WebGPU, or with WebGPU but no adapter', async () => {
    vi.stubGlobal('navigator', {});
    expect(await findAdapter(true)).toBeNull();
    browserWith(async () => null);
    expect(await findAdapter(true)).toBeNull();
    expect(console.warn).not.toHaveBeenCalled();
  });

  it('takes an adapter that does not answer for none, and tells the log', async () => {
    browserWith(() => Promise.reject(new Error('the GPU process is gone')));
    expect(await findAdapter(true)).toBeNull();
    expect(console.warn).toHaveBeenCalledOnce();
  });

  it('refuses one in software unless it is asked for', async () => {
    browserWith(async () => ({ info: SWIFTSHADER }));
    expect(await findAdapter(false)).toBeNull();
    expect(await findAdapter(true)).toBe('google swiftshader');
  });
});

describe('isSoftware', () => {
  it.each([
    ['says so itself', { info: REAL, isFallbackAdapter: true }],
    ['says so in its info', { info: { ...REAL, isFallbackAdapter: true } }],
    ['is SwiftShader', { info: { ...REAL, description: 'SwiftShader Device (Subzero)' } }],
    ['is llvmpipe', { info: { ...REAL, description: 'llvmpipe (LLVM 15.0.6, 256 bits)' } }],
    ['is WARP', { info: { ...REAL, description: 'Microsoft Basic Render Driver' } }],
  ])('is true of one that %s', (_, adapter) => {
    expect(isSoftware(adapter)).toBe(true);
  });

  it.each([
    ['intel', 'xe', ''],
    ['nvidia', 'ampere', 'NVIDIA GeForce RTX 3060'],
    ['apple', 'metal-3', ''],
    ['qualcomm', 'adreno-7xx', ''],
    ['arm', 'valhall', ''],
  ])('is false of %s %s', (vendor, architecture, description) => {
    expect(isSoftware({ info: { vendor, architecture, description }, isFallbackAdapter: false })).toBe(false);
  });
});
