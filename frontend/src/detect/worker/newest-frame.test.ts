import { describe, expect, it, vi } from 'vitest';
import type { Picture } from '../messages';
import { NewestFrame } from './newest-frame';

const picture = () => ({ close: vi.fn() });
const asPicture = (fake: { close: () => void }) => fake as unknown as Picture;

describe('NewestFrame', () => {
  it('keeps the newest and closes the one it replaces', () => {
    const frames = new NewestFrame(() => {});
    const [old, young] = [picture(), picture()];
    frames.put({ picture: asPicture(old), rtpTimestamp: 1 });
    frames.put({ picture: asPicture(young), rtpTimestamp: 2 });
    expect(old.close).toHaveBeenCalledOnce();
    expect(frames.take()).toEqual({ picture: young, rtpTimestamp: 2 });
    expect(frames.take()).toBeUndefined();
    expect(young.close).not.toHaveBeenCalled();
  });

  it('reads a stream to its end and keeps its last frame', async () => {
    const frames = new NewestFrame(() => {});
    const fakes = [1, 2, 3].map((rtpTimestamp) => ({ ...picture(), metadata: () => ({ rtpTimestamp }) }));
    const stream = new ReadableStream({
      start(controller) {
        for (const fake of fakes) controller.enqueue(fake);
        controller.close();
      },
    });
    await frames.read(stream as unknown as ReadableStream<VideoFrame>);
    expect(fakes.map(({ close }) => close.mock.calls.length)).toEqual([1, 1, 0]);
    expect(frames.take()?.rtpTimestamp).toBe(3);
  });

  it('takes nothing more from a stream once it was cleared', async () => {
    const frames = new NewestFrame(() => {});
    let controller: ReadableStreamDefaultController | undefined;
    let cancelled = false;
    const stream = new ReadableStream({
      start(given) {
        controller = given;
      },
      cancel() {
        cancelled = true;
      },
    });
    const reading = frames.read(stream as unknown as ReadableStream<VideoFrame>);
    controller?.enqueue(picture());
    await new Promise((resolve) => setTimeout(resolve));
    frames.clear();
    await reading;
    expect(cancelled).toBe(true);
    expect(frames.take()).toBeUndefined();
  });
});
