import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Lifeline } from './lifeline';

let deaths: [string, number][];
let line: Lifeline;
let start: number;

beforeEach(() => {
  vi.useFakeTimers();
  start = performance.now();
  deaths = [];
  line = new Lifeline((why) => deaths.push([why, performance.now() - start]));
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const pass = (ms: number) => vi.advanceTimersByTime(ms);

it('gives up a try to connect, the first one soonest, and all over again after a success', () => {
  for (const patience of [3000, 6000, 10_000, 10_000]) {
    const before = deaths.length;
    line.connecting();
    pass(patience - 1);
    expect(deaths).toHaveLength(before);
    pass(1);
    expect(deaths).toHaveLength(before + 1);
  }
  line.opened();
  line.stop();
  line.connecting();
  pass(3000);
  expect(deaths).toHaveLength(5);
});

it('gives up a socket that says nothing for six seconds', () => {
  line.opened();
  for (let n = 0; n < 10; n++) {
    pass(5900);
    line.heard();
  }
  expect(deaths).toEqual([]);
  pass(6000);
  expect(deaths).toEqual([['it has fallen silent', 65_000]]);
});

it('does not blame the server for a timer that was held up', () => {
  // A hidden page: all of its timers come a minute late.
  const late = (ms: number) => {
    const now = performance.now() + ms;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
  };
  line.opened();
  late(66_000);
  pass(6000);
  expect(deaths).toEqual([]);
  line.heard();
  pass(5999);
  expect(deaths).toEqual([]);
  late(60_000);
  pass(1);
  pass(1999);
  expect(deaths, 'but for long it waits for no word').toEqual([]);
  pass(1);
  expect(deaths).toHaveLength(1);
});

it('hurries a try to connect, and nothing else', () => {
  line.hurry();
  pass(60_000);
  expect(deaths).toEqual([]);
  line.opened();
  line.hurry();
  pass(5999);
  expect(deaths).toEqual([]);
  line.stop();
  start = performance.now();
  line.connecting();
  pass(100);
  line.hurry();
  pass(1000);
  expect(deaths).toEqual([['it does not open', 1100]]);
});
