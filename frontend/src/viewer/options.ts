// What the viewer's address asks for. A value that makes no sense is told, and its default used.
import type { BrowserEngine, SamplerPath, SamplerSettings } from '../detect/messages';
import type { Mode } from '../protocol/messages';

export type Overlay = 'exact' | 'live';

export type Options = {
  /** Null: as the server says. */
  mode: Mode | null;
  /** Null: as chosen last time, else exact. */
  overlay: Overlay | null;
  sampler: SamplerSettings;
  /** Null: the best this browser has. */
  path: SamplerPath | null;
  /** What wasm mode runs on. Null: WebGPU where there is a real adapter, else WASM. */
  engine: BrowserEngine | null;
  /** Threads of WASM. Null: what fits this machine. */
  threads: number | null;
  /** Take a WebGPU adapter that is only software, too. */
  softwareAdapter: boolean;
  newRoom: boolean;
  /** What was wrong with the address, in words. */
  notes: string[];
};

export const DEFAULTS: SamplerSettings = { fps: 15, width: 320, height: 240, quality: 0.7 };

export function readOptions(search: string): Options {
  const query = new URLSearchParams(search);
  const notes: string[] = [];
  const size = readSize(query.get('size'), notes);
  return {
    mode: readChoice(query, 'mode', ['server', 'wasm', 'auto'], notes),
    overlay: readChoice(query, 'overlay', ['exact', 'live'], notes),
    sampler: {
      ...size,
      fps: readNumber(query, 'fps', 1, 60, DEFAULTS.fps, notes),
      quality: readNumber(query, 'quality', 0.1, 1, DEFAULTS.quality, notes),
    },
    path: readChoice(query, 'sampler', ['track_processor', 'video_frame', 'image_bitmap'], notes),
    engine: readChoice(query, 'engine', ['wasm', 'webgpu'], notes),
    threads: readNumber(query, 'threads', 1, 64, null, notes),
    softwareAdapter: readChoice(query, 'webgpu', ['software'], notes) === 'software',
    newRoom: readChoice(query, 'room', ['new'], notes) === 'new',
    notes,
  };
}

function readChoice<T extends string>(
  query: URLSearchParams,
  name: string,
  choices: readonly T[],
  notes: string[],
): T | null {
  const asked = query.get(name);
  if (asked === null) return null;
  const choice = choices.find((known) => known === asked);
  if (choice === undefined) notes.push(`“${name}=${asked}” is not one of ${choices.join(', ')}: ignored.`);
  return choice ?? null;
}

function readNumber<Usual extends number | null>(
  query: URLSearchParams,
  name: string,
  least: number,
  most: number,
  usual: Usual,
  notes: string[],
): number | Usual {
  const asked = query.get(name);
  if (asked === null) return usual;
  const value = asked.trim() === '' ? Number.NaN : Number(asked);
  if (value >= least && value <= most) return value;
  notes.push(`“${name}=${asked}” is not a number from ${least} to ${most}: using ${usual ?? 'the default'}.`);
  return usual;
}

function readSize(asked: string | null, notes: string[]): { width: number; height: number } {
  const { width, height } = DEFAULTS;
  if (asked === null) return { width, height };
  const sides = /^(\d{2,4})x(\d{2,4})$/.exec(asked)?.slice(1).map(Number) ?? [];
  const [w, h] = sides;
  if (w !== undefined && h !== undefined && [w, h].every((side) => side >= 32 && side <= 1920)) {
    return { width: w, height: h };
  }
  notes.push(`“size=${asked}” is not a size such as 320x240: using ${width}x${height}.`);
  return { width, height };
}
