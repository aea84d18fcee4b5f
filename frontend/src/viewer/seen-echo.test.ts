import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Seen } from '../rtc/camera-signals';
import { SeenEcho } from './seen-echo';

const found = (label: string, score: number) => ({ label, score, xmin: 0, ymin: 0, xmax: 1, ymax: 1 });

let told: [Seen, number][];
let echo: SeenEcho;
let start: number;

beforeEach(() => {
  vi.useFakeTimers();
  start = performance.now();
  told = [];
  echo = new SeenEcho(async (seen) => {
    told.push([seen, performance.now() - start]);
  });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('SeenEcho', () => {
  it('tells the surest of a result at once', () => {
    echo.note([found('dog', 0.6), found('person', 0.9), found('cat', 0.7)]);
    expect(told).toEqual([[{ label: 'person', score: 0.9 }, 0]]);
  });

  it('tells nothing of a score that wavers', async () => {
    for (let n = 0; n < 30; n++) {
      echo.note([found('person', n % 2 === 0 ? 0.9 : 0.909)]);
      await vi.advanceTimersByTimeAsync(66);
    }
    expect(told).toHaveLength(1);
  });

  it('tells at most twice a second, and then the newest', async () => {
    for (let n = 0; n <= 20; n++) {
      echo.note([found('person', 0.5 + n / 40)]);
      await vi.advanceTimersByTimeAsync(100);
    }
    await vi.advanceTimersByTimeAsync(400);
    expect(told.map(([, at]) => at)).toEqual([0, 500, 1000, 1500, 2000, 2500]);
    expect(told.at(-1)?.[0]).toEqual({ label: 'person', score: 1 });
  });

  it('says that nothing is found after a second without', async () => {
    echo.note([found('person', 0.9)]);
    for (let n = 0; n < 9; n++) {
      await vi.advanceTimersByTimeAsync(100);
      echo.note([]);
    }
    expect(told).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(100);
    echo.note([]);
    expect(told.at(-1)).toEqual([null, 1000]);
    await vi.advanceTimersByTimeAsync(5000);
    expect(told).toHaveLength(2);
  });

  it('says nothing while no results come: a detector that failed has looked at nothing', async () => {
    echo.note([found('person', 0.9)]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(told).toHaveLength(1);
  });

  it('says the same again now and then, as long as results come', async () => {
    for (let n = 0; n <= 100; n++) {
      echo.note([found('person', 0.9)]);
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(told.map(([, at]) => at)).toEqual([0, 3000, 6000, 9000]);
  });

  it('repeats itself to a phone that was loaded anew, and is silent when it is gone', async () => {
    echo.note([found('person', 0.9)]);
    await vi.advanceTimersByTimeAsync(600);
    echo.repeat();
    echo.note([found('person', 0.9)]);
    expect(told).toHaveLength(2);
    echo.stop();
    await vi.advanceTimersByTimeAsync(5000);
    expect(told).toHaveLength(2);
  });

  it('posts one at a time', async () => {
    let arrived = () => {};
    const posted: Seen[] = [];
    const slow = new SeenEcho((seen) => {
      posted.push(seen);
      return new Promise((resolve) => {
        arrived = resolve;
      });
    });
    slow.note([found('person', 0.9)]);
    for (let n = 0; n < 50; n++) {
      slow.note([found('person', 0.2 + n / 100)]);
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(posted).toHaveLength(1);
    arrived();
    await vi.advanceTimersByTimeAsync(0);
    expect(posted).toHaveLength(2);
  });
});
