import { expect, test, vi } from 'vitest';
import type { Picture } from '../messages';
import { type Detector, NO_TRAFFIC, type Outcome } from './detector';
import { Sampler } from './sampler';

/** A detector with room for one frame, which is answered when the test says so. */
class OneAtATime implements Detector {
  readonly engine = 'wasm';
  readonly state = { kind: 'connecting' } as const;
  readonly clock = null;
  readonly traffic = NO_TRAFFIC;
  ready = true;
  private end: ((outcome: Outcome) => void) | null = null;

  get free(): boolean {
    return this.ready && this.end === null;
  }

  detect(): Promise<Outcome> {
    return new Promise((end) => {
      this.end = end;
    });
  }

  answer(): void {
    this.end?.({ kind: 'dropped' });
    this.end = null;
  }

  close(): void {}
}

function start() {
  const wanting = vi.fn();
  const nothing = () => {};
  const sampler = new Sampler(15, { taken: nothing, result: nothing, failed: nothing, wanting });
  const picture = { close: nothing } as unknown as Picture;
  const put = () => sampler.put({ picture, rtpTimestamp: undefined });
  return { sampler, put, asked: () => wanting.mock.calls.length };
}

test('the next picture is asked for when the detector is free again, and not before', async () => {
  const { sampler, put, asked } = start();
  const detector = new OneAtATime();
  sampler.use(detector);
  put();
  sampler.pump();
  expect(asked(), 'the detector has the first one').toBe(0);
  detector.answer();
  await vi.waitUntil(() => asked() > 0);
  sampler.pump();
  expect(asked(), 'once for each').toBe(1);
});

test('without a detector that is ready, pictures go on coming', () => {
  const { sampler, put, asked } = start();
  put();
  expect(asked()).toBe(1);
  const detector = new OneAtATime();
  detector.ready = false;
  sampler.use(detector);
  put();
  expect(asked()).toBe(2);
});

test('a detector that is replaced while it is busy owes nothing to its follower', () => {
  const { sampler, put, asked } = start();
  sampler.use(new OneAtATime());
  put();
  expect(asked()).toBe(0);
  sampler.use(new OneAtATime());
  sampler.pump();
  expect(asked()).toBe(1);
});

test('frames of a track that the worker reads itself are not asked for', () => {
  const { sampler, asked } = start();
  sampler.use(new OneAtATime());
  sampler.frames.put({ picture: { close: () => {} } as unknown as Picture, rtpTimestamp: undefined });
  sampler.pump();
  expect(asked()).toBe(0);
});
