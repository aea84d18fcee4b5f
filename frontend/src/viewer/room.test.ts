// How a room is come by when the server does not give one at once.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Room, type RoomHandlers } from './room';

vi.mock('../rtc/signalling', () => ({
  RoomChannel: class {
    open() {}
    close() {}
  },
}));

const created = {
  room: 'r',
  viewer_token: 'v',
  phone_token: 'p',
  join_url: 'https://laptop/j/p',
  qr_svg: '<svg/>',
};
const json = (status: number, body: unknown) => new Response(JSON.stringify(body), { status });
const full = () => json(503, { error: 'rooms_full', message: 'all rooms are in use' });

let answers: (Response | Error)[];
let reach: unknown[];
let reload: ReturnType<typeof vi.fn>;

const handlers = {
  room: () => {},
  reach: (news) => reach.push(news),
  state: () => {},
  peer: () => {},
  signal: () => {},
} satisfies RoomHandlers;

beforeEach(() => {
  reach = [];
  reload = vi.fn();
  vi.useFakeTimers();
  vi.spyOn(console, 'warn').mockImplementation(() => {});
  vi.stubGlobal('location', { reload });
  vi.stubGlobal('fetch', async () => {
    const answer = answers.shift() ?? new Error('no answer');
    if (answer instanceof Error) throw answer;
    return answer;
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

async function start(given: typeof answers): Promise<Room> {
  answers = given;
  const room = new Room(handlers);
  room.start(true);
  await vi.advanceTimersByTimeAsync(5000);
  return room;
}

it('a server that does not answer, one that has no room, one that has: each is told, and asked again', async () => {
  const room = await start([new Error('away'), full(), json(201, created)]);
  expect(reach).toEqual([
    { unreachable: true, refusal: null },
    { unreachable: false, refusal: 'All rooms are in use.' },
    { unreachable: false, refusal: null },
  ]);
  expect(room.id).toBe('r');
});

it('without the right key the page begins anew', async () => {
  await start([json(401, { error: 'access_key', message: 'no' })]);
  expect(reload).toHaveBeenCalledOnce();
  expect(reach).toEqual([]);
});
