import { afterEach, beforeEach, expect, it, vi } from 'vitest';

class FakeLock {
  released = false;
  release = async () => {
    this.released = true;
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
