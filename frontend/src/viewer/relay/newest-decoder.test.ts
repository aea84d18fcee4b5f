import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { NewestDecoder } from './newest-decoder';

type Decoding = { done: (picture: object) => void; failed: (error: Error) => void };

let decodings: Decoding[];
let seen: number[];
const close = vi.fn();

beforeEach(() => {
  decodings = [];
  seen = [];
  close.mockClear();
  vi.stubGlobal('createImageBitmap', () => {
    return new Promise((done, failed) => decodings.push({ done, failed }));
  });
});
afterEach(() => vi.unstubAllGlobals());

const frame = (id: number) => ({ id, jpeg: new ArrayBuffer(1) });
const decoder = () => new NewestDecoder<ReturnType<typeof frame>>((_, { id }) => seen.push(id));

async function finish(at: number): Promise<void> {
  decodings[at]?.done({ close });
  await vi.waitFor(() => expect(seen.length).toBe(at + 1));
}

it('decodes one at a time, and then the newest', async () => {
  const newest = decoder();
  for (const id of [1, 2, 3, 4]) newest.offer(frame(id));
  expect(decodings.length).toBe(1);
  await finish(0);
  await finish(1);
  expect(seen).toEqual([1, 4]);
  expect(decodings.length).toBe(2);
});

it('goes on after a picture that is none', async () => {
  const warned = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const newest = decoder();
  newest.offer(frame(1));
  newest.offer(frame(2));
  decodings[0]?.failed(new Error('not an image'));
  await vi.waitFor(() => expect(decodings.length).toBe(2));
  decodings[1]?.done({ close });
  await vi.waitFor(() => expect(seen).toEqual([2]));
  expect(warned).toHaveBeenCalledOnce();
  warned.mockRestore();
});

it('hands over nothing once it is stopped', async () => {
  const newest = decoder();
  newest.offer(frame(1));
  newest.offer(frame(2));
  newest.stop();
  decodings[0]?.done({ close });
  await vi.waitFor(() => expect(close).toHaveBeenCalledOnce());
  expect(seen).toEqual([]);
  expect(decodings.length).toBe(1);
});
