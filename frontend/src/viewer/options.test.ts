import { describe, expect, it } from 'vitest';
import { DEFAULTS, readOptions } from './options';

describe('readOptions', () => {
  it('has defaults for an address without wishes', () => {
    expect(readOptions('')).toEqual({
      mode: null,
      overlay: null,
      sampler: DEFAULTS,
      path: null,
      engine: null,
      threads: null,
      softwareAdapter: false,
      newRoom: false,
      notes: [],
    });
  });

  it('reads every wish', () => {
    const options = readOptions(
      '?mode=wasm&overlay=live&fps=10&size=640x480&quality=0.9&sampler=video_frame&room=new' +
        '&engine=webgpu&threads=2&webgpu=software',
    );
    expect(options).toEqual({
      mode: 'wasm',
      overlay: 'live',
      sampler: { fps: 10, width: 640, height: 480, quality: 0.9 },
      path: 'video_frame',
      engine: 'webgpu',
      threads: 2,
      softwareAdapter: true,
      newRoom: true,
      notes: [],
    });
  });

  it.each([
    'mode=gpu',
    'overlay=',
    'fps=0',
    'fps=',
    'fps=abc',
    'fps=1e9',
    'size=320',
    'size=0x0',
    'size=99999x99999',
    'quality=70',
    'room=other',
    'engine=server',
    'threads=0',
    'webgpu=yes',
  ])('tells that %s makes no sense, and uses the default', (query) => {
    const options = readOptions(`?${query}`);
    expect(options.notes).toHaveLength(1);
    expect({ ...options, notes: [] }).toEqual(readOptions(''));
  });
});
