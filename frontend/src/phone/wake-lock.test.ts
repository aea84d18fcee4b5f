import { afterEach, beforeEach, expect, it, vi } from 'vitest';

class FakeLock extends EventTarget {
  released = false;
  release = async () => {
    if (this.released) return;
    this.released = true;
    this.dispatchEvent(new Event('release'));
  };
}

let locks: FakeLock[];
let page: EventTarget & { visibilityState: string };
let keepAwake: (on: boolean) => void;

const held = () => locks.filter(({ released }) => !released).length;
const settle = () => new Promise((resolve) => setTimeout(resolve));

function show(visibilityState: string): void {
  page.visibilityState = visibilityState;
  if (visibilityState === 'hidden') for (const lock of locks) void lock.release();
  page.dispatchEvent(new Event('visibilitychange'));
}

beforeEach(async () => {
  locks = [];
  page = Object.assign(new EventTarget(), { visibilityState: 'visible' });
  vi.stubGlobal('document', page);
  const request = async () => {
    await settle();
    const lock = new FakeLock();
    locks.push(lock);
    return lock;
  };
  vi.stubGlobal('navigator', { wakeLock: { request } });
  vi.resetModules();
  ({ keepAwake } = await import('./wake-lock'));
});
afterEach(() => {
  vi.unstubAllGlobals();
});

it('holds one lock however often it is asked for', async () => {
  for (let n = 0; n < 3; n++) keepAwake(true);
  await settle();
  await settle();
  expect(locks).toHaveLength(1);
  keepAwake(false);
  expect(held()).toBe(0);
});

it('takes it again when the page is seen again, as long as it is wanted', async () => {
  keepAwake(true);
  await settle();
  show('hidden');
  expect(held()).toBe(0);
  show('visible');
  await settle();
  await settle();
  expect(held()).toBe(1);
  keepAwake(false);
  show('hidden');
  show('visible');
  await settle();
  expect(held()).toBe(0);
});

it('takes it again when the system took it from a page that is seen, but in no haste', async () => {
  vi.useFakeTimers();
  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
  keepAwake(true);
  await pass(1);
  for (let n = 1; n <= 3; n++) {
    expect(locks).toHaveLength(n);
    expect(held()).toBe(1);
    await locks.at(-1)?.release();
    await pass(4999);
    expect(held()).toBe(0);
    await pass(2);
  }
  keepAwake(false);
  await pass(60_000);
  expect(held()).toBe(0);
  expect(locks).toHaveLength(4);
  vi.useRealTimers();
});
