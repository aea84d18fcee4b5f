import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LookUp } from './look-up';

type Answer = Response | Error;

let asked: { url: string; signal: AbortSignal; answer: (answer: Answer) => void }[];
/** What is answered at once; nothing: each question waits. */
let reply: (() => Answer) | undefined;
let page: EventTarget & { visibilityState: string };
let rooms: string[];
let refusals: (string | null)[];
let gone: number;

const json = (status: number, body: unknown) => new Response(JSON.stringify(body), { status });
const found = () => json(200, { room: 'r' });
const away = () => new TypeError('away');
const waiting = () => asked.filter(({ signal }) => !signal.aborted);
const settle = () => vi.advanceTimersByTimeAsync(0);

beforeEach(() => {
  [asked, rooms, refusals, gone] = [[], [], [], 0];
  reply = undefined;
  vi.useFakeTimers();
  vi.spyOn(console, 'warn').mockImplementation(() => {});
  page = Object.assign(new EventTarget(), { visibilityState: 'visible' });
  vi.stubGlobal('window', Object.assign(new EventTarget(), { setTimeout }));
  vi.stubGlobal('document', page);
  vi.stubGlobal('fetch', (url: string, { signal }: { signal: AbortSignal }) => {
    return new Promise<Response>((resolve, reject) => {
      const answer = (given: Answer) => (given instanceof Error ? reject(given) : resolve(given));
      signal.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')));
      asked.push({ url, signal, answer });
      if (reply) answer(reply());
    });
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const begin = () =>
  new LookUp('t/1', {
    found: (room) => rooms.push(room),
    gone: () => {
      gone += 1;
    },
    failed: (refusal) => refusals.push(refusal),
  });

describe('LookUp', () => {
  it('asks for the room of the link, and tells it once', async () => {
    reply = found;
    const lookUp = begin();
    await settle();
    lookUp.again();
    window.dispatchEvent(new Event('online'));
    page.dispatchEvent(new Event('visibilitychange'));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked.map(({ url }) => url)).toEqual(['/api/join/t%2F1']);
    expect(rooms).toEqual(['r']);
  });

  it('finds one room however often it is told to try while the answer is on its way', async () => {
    const lookUp = begin();
    lookUp.again();
    lookUp.again();
    expect(waiting()).toHaveLength(1);
    for (const { answer } of asked) answer(found());
    await settle();
    expect(rooms).toEqual(['r']);
  });

  it('tries again once a second at least, and says why it failed', async () => {
    reply = away;
    begin();
    for (let tries = 2; tries <= 12; tries++) await vi.advanceTimersByTimeAsync(1000);
    expect(asked.length).toBeGreaterThan(11);
    reply = () => json(429, { error: 'too_many', message: 'too many at once' });
    await vi.advanceTimersByTimeAsync(1000);
    expect([refusals[0], refusals.at(-1)]).toEqual([null, 'Too many at once.']);
    reply = found;
    await vi.advanceTimersByTimeAsync(1000);
    expect(rooms).toEqual(['r']);
  });

  it('tries seldom while nobody looks, and at once when somebody does', async () => {
    reply = away;
    page.visibilityState = 'hidden';
    begin();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked.length).toBeLessThan(15);
    reply = found;
    page.visibilityState = 'visible';
    page.dispatchEvent(new Event('visibilitychange'));
    await settle();
    expect(rooms).toEqual(['r']);
  });

  it('asks anew when the network is back, whatever the lost question waits for', async () => {
    begin();
    reply = found;
    window.dispatchEvent(new Event('online'));
    await settle();
    expect([asked.length, rooms, refusals]).toEqual([2, ['r'], []]);
  });

  it('gives up a question that nobody answers', async () => {
    begin();
    reply = found;
    await vi.advanceTimersByTimeAsync(6000);
    expect([asked.length, rooms, refusals]).toEqual([2, ['r'], [null]]);
  });

  it('ends when the link opens nothing', async () => {
    reply = () => json(404, { error: 'room_not_found', message: 'gone' });
    const lookUp = begin();
    await settle();
    lookUp.again();
    await vi.advanceTimersByTimeAsync(60_000);
    expect([gone, asked.length, refusals]).toEqual([1, 1, []]);
  });
});
