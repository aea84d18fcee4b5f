// What the pages connect by.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { IceServers } from './ice';

const turn = { urls: ['turn:a', 'turns:a'], username: 'u', credential: 'c' };
let asked: string[];
let answers: (Response | Error)[];

const json = (status: number, body: unknown) => new Response(JSON.stringify(body), { status });
const told = (credential: string, lifetime_s?: number) =>
  json(200, { ice_servers: [{ ...turn, credential }], ice_policy: 'relay', lifetime_s });

beforeEach(() => {
  asked = [];
  answers = [];
  vi.useFakeTimers();
  vi.stubGlobal('document', { visibilityState: 'visible' });
  vi.stubGlobal('fetch', async (url: string) => {
    asked.push(url);
    const answer = answers.shift() ?? new Error('no answer');
    if (answer instanceof Error) throw answer;
    return answer;
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it('asks with the token until it is told, and knows nothing before', async () => {
  answers = [new Error('away'), told('one')];
  const ice = new IceServers();
  ice.enter('r/1', 't');
  expect(ice.kinds).toBeNull();
  expect(() => ice.take()).toThrow();
  await vi.runAllTimersAsync();
  await ice.known;
  expect(asked).toEqual(['/api/rooms/r%2F1/ice?token=t', '/api/rooms/r%2F1/ice?token=t']);
  expect(ice.take()).toEqual({ iceServers: [{ ...turn, credential: 'one' }], iceTransportPolicy: 'relay' });
  expect(ice.kinds).toEqual({ stun: false, turn: true, relayOnly: true });
});

it('asks once a second at least while a page waits for it', async () => {
  const ice = new IceServers();
  ice.enter('r', 't');
  await vi.advanceTimersByTimeAsync(10_000);
  expect(asked.length).toBeGreaterThan(10);
  answers = [told('one')];
  await vi.advanceTimersByTimeAsync(1000);
  expect(ice.kinds?.turn).toBe(true);
});

it('takes credentials anew when half of their life is over', async () => {
  answers = [told('one', 100), told('two', 100)];
  const ice = new IceServers();
  ice.enter('r', 't');
  await ice.known;
  vi.advanceTimersByTime(49_000);
  ice.take();
  expect(asked).toHaveLength(1);
  vi.advanceTimersByTime(2000);
  expect(ice.take().iceServers?.[0]?.credential).toBe('one');
  await ice.known;
  expect(ice.take().iceServers?.[0]?.credential).toBe('two');
});

it('takes them anew by itself, so that a connection after many hours gets fresh ones', async () => {
  answers = [told('one', 43_200), told('two', 43_200), told('three', 43_200)];
  const ice = new IceServers();
  ice.enter('r', 't');
  await ice.known;
  await vi.advanceTimersByTimeAsync(21_599_000);
  expect(asked).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1000);
  expect(ice.take().iceServers?.[0]?.credential).toBe('two');
  await vi.advanceTimersByTimeAsync(21_600_000);
  expect(ice.take().iceServers?.[0]?.credential).toBe('three');
});

it('sees within a minute that a sleep has outlived them', async () => {
  answers = [told('one', 43_200), told('two', 43_200)];
  const ice = new IceServers();
  ice.enter('r', 't');
  await ice.known;
  vi.setSystemTime(Date.now() + 50_000_000);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(ice.take().iceServers?.[0]?.credential).toBe('two');
});

it('renews nothing of a room that was left', async () => {
  answers = [told('one', 100), told('two')];
  const ice = new IceServers();
  ice.enter('a', 't');
  await ice.known;
  ice.enter('b', 't');
  await vi.advanceTimersByTimeAsync(200_000);
  expect(asked).toHaveLength(2);
});

it('stops asking for a room that is gone', async () => {
  answers = [json(404, { error: 'room_not_found', message: 'gone' }), told('late')];
  const ice = new IceServers();
  ice.enter('r', 't');
  await ice.known;
  await vi.runAllTimersAsync();
  expect(asked).toHaveLength(1);
  expect(ice.kinds).toBeNull();
});

it('forgets one room’s servers in the next', async () => {
  answers = [told('one'), told('two')];
  const ice = new IceServers();
  ice.enter('a', 't');
  ice.enter('b', 't');
  await ice.known;
  await vi.runAllTimersAsync();
  expect(ice.take().iceServers?.[0]?.credential).toBe('two');
});
