// Changing what detects while it runs: by the switch, by keys, by itself; and how often it is asked to.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Mode } from '../src/protocol/messages';
import { closePage, openPhone, openViewer, takeTroubles, type Watched } from './harness/pages';
import { type Session, startSession } from './harness/session';
import { untilState } from './harness/state';
import { until } from './harness/until';
import {
  joinLink,
  paintedCount,
  paintedRate,
  paintedSince,
  SERVER_AWAY,
  stateOf,
  textOf,
  untilPainted,
  untilText,
} from './harness/viewer';

const KEYS: Record<Mode, string> = { server: 's', wasm: 'b', auto: 'a' };
const SWITCHES = 10;
const RESUME_MS = 2000;

let session: Session;
let viewer: Watched;
let phone: Watched;

beforeAll(async () => {
  session = await startSession('people.mjpeg');
  viewer = await openViewer(session.laptop, `${session.relay.url}?threads=1`);
  phone = await openPhone(session.phones, await joinLink(viewer.page));
  await untilPainted(viewer.page, 5);
  await untilText(phone.page, '#status', /live/i);
  await viewer.page.evaluate(watchSwitches);
  await phone.page.evaluate(watchStatus);
});

afterAll(() => session?.end());

type Watch = {
  /** When the switch or a key was last used, on the page's clock. */
  switchedAt: number;
  mostSessions: number;
  /** Every connection state and video track that there was; a busy machine may stall the video. */
  connections: string[];
  tracks: string[];
};

declare global {
  interface Window {
    watch: Watch;
    statuses: string[];
  }
}

/** Runs in the viewer page. */
function watchSwitches(): void {
  window.watch = { switchedAt: Number.NaN, mostSessions: 0, connections: [], tracks: [] };
  const { watch } = window;
  for (const kind of ['change', 'keydown']) {
    document.addEventListener(
      kind,
      (event) => {
        watch.switchedAt = event.timeStamp;
      },
      true,
    );
  }
  const look = () => {
    const { sessions, connection } = window.sightline.state();
    watch.mostSessions = Math.max(watch.mostSessions, sessions);
    if (connection !== 'stalled' && !watch.connections.includes(connection))
      watch.connections.push(connection);
    const { srcObject } = document.querySelector('#video') as HTMLVideoElement;
    const track = (srcObject as MediaStream | null)?.getVideoTracks()[0]?.id ?? 'none';
    if (!watch.tracks.includes(track)) watch.tracks.push(track);
  };
  look();
  setInterval(look, 20);
}

/** Runs in the phone page. */
function watchStatus(): void {
  const status = document.querySelector('#status') as HTMLElement;
  window.statuses = [status.innerText];
  new MutationObserver(() => window.statuses.push(status.innerText)).observe(status, {
    childList: true,
    characterData: true,
    subtree: true,
  });
}

const clickMode = (page: Page, mode: Mode) =>
  page
    .locator('#detect-mode label')
    .filter({ has: page.locator(`input[value="${mode}"]`) })
    .click();

/** Ms from the switch to the first picture that the newly chosen detector has looked at, which the page tells of. */
async function untilResumed(page: Page, paintedBefore: number, mode: Mode): Promise<number> {
  const first = await until('the new detector’s first result', async () => {
    const painted = await paintedSince(page, paintedBefore - 1);
    // A detector's results are counted from one; the old one's last result may come after the switch.
    return painted.find(({ answered }, at) => at > 0 && answered < (painted[at - 1]?.answered ?? 0));
  });
  expect(first.engine).toBe(mode);
  return first.at - (await page.evaluate(() => window.watch.switchedAt));
}

test('changing one’s mind while a detector is still loading opens no second one', async () => {
  const { page } = viewer;
  for (const mode of ['wasm', 'server', 'wasm', 'auto', 'server', 'wasm'] as const) {
    await page.keyboard.press(KEYS[mode]);
  }
  await until('the last choice is at work', async () => {
    const { mode, engine, frames } = await stateOf(page);
    return mode === 'wasm' && engine === 'wasm' && frames.answered >= 5;
  });
  expect(page.workers()).toHaveLength(1);
  expect(await page.evaluate(() => window.watch.mostSessions)).toBe(1);
  await until('no detection socket is left', () => session.relay.openSockets === 0);
  await page.keyboard.press('s');
  await until('the server detects', async () => {
    const { engine, frames } = await stateOf(page);
    return engine === 'server' && frames.answered >= 5;
  });
});

/** Switches over, checks that the old detector is gone and the new one told of, and says how long no boxes came. */
async function switchTo(mode: Mode, how: 'click' | 'key'): Promise<number> {
  const { page } = viewer;
  const before = await paintedCount(page);
  if (how === 'click') await clickMode(page, mode);
  else await page.keyboard.press(KEYS[mode]);
  const pause = await untilResumed(page, before, mode);
  await until(`the page says ${mode}`, async () => (await textOf(page, '#mode')) === mode);
  await until('enough results to tell the next detector’s first one from', async () => {
    return (await stateOf(page)).frames.answered >= 4;
  });
  const { mode: said, engine, asked, sessions } = await stateOf(page);
  expect({ said, engine, asked, sessions }).toEqual({ said: mode, engine: mode, asked: mode, sessions: 1 });
  expect(await page.locator(`input[name="mode"][value="${mode}"]`).isChecked()).toBe(true);
  expect(page.workers()).toHaveLength(1);
  const sockets = mode === 'server' ? 1 : 0;
  await until('only server mode has a socket', () => session.relay.openSockets === sockets);
  return pause;
}

test('ten switches while running: boxes resume within 2 s, nothing is lost, nothing leaks', async () => {
  const { relay } = session;
  relay.mostSockets = relay.openSockets;
  const pauses: number[] = [];
  for (let turn = 0; turn < SWITCHES; turn++) {
    // Two by the switch, two by keys, and so on: each way in both directions.
    pauses.push(await switchTo(turn % 2 === 0 ? 'wasm' : 'server', turn % 4 < 2 ? 'click' : 'key'));
  }
  expect(Math.max(...pauses), `ms: ${pauses.join(', ')}`).toBeLessThan(RESUME_MS);
  expect(Math.min(...pauses), 'boxes come after the switch').toBeGreaterThan(0);
  expect(relay.mostSockets).toBe(1);
  const watch = await viewer.page.evaluate(() => window.watch);
  expect(watch).toMatchObject({ mostSessions: 1, connections: ['live'] });
  expect(watch.tracks, 'the video is the same throughout').toHaveLength(1);
  expect(watch.tracks).not.toContain('none');
  expect(await phone.page.evaluate(() => window.statuses)).toEqual([expect.stringMatching(/live/i)]);
  expect(takeTroubles(viewer)).toEqual([]);
  expect(takeTroubles(phone)).toEqual([]);
});

/** Waits until so many results a second are painted, in the mean over ten; a stall may fall among some. */
const untilRate = (page: Page, least: number, most: number) =>
  until(`${least} to ${most} results a second`, async () => {
    const rate = await paintedRate(page, 10);
    return rate >= least && rate <= most;
  });

test('the battery saver asks for five frames a second, and is kept', async () => {
  const { page } = viewer;
  const saver = page.locator('#saver');
  await untilRate(page, 8, 16);
  await saver.check();
  await until('fewer are picked', async () => (await stateOf(page)).rate === 5);
  await untilRate(page, 3, 5.5);

  await page.reload({ waitUntil: 'domcontentloaded' });
  await untilRate(page, 3, 5.5);
  expect(await saver.isChecked()).toBe(true);

  await page.keyboard.press('p');
  expect(await saver.isChecked()).toBe(false);
  await untilRate(page, 8, 16);
});

test('the sampler slows down for a slow detector, and speeds up again', async () => {
  const { page } = viewer;
  const { relay } = session;
  await until('nothing holds it up', async () => ((await stateOf(page)).rate ?? 0) > 10);
  relay.delay = 400;
  await until('it has slowed down', async () => ((await stateOf(page)).rate ?? 15) < 8);
  // One that went on as before would drop two frames for each that it sends.
  await until('few frames are dropped beside 20 that were answered', async () => {
    const before = (await stateOf(page)).frames;
    const after = await until('20 more answers', async () => {
      const { frames } = await stateOf(page);
      return frames.answered >= before.answered + 20 ? frames : null;
    });
    const [sent, dropped] = [after.sent - before.sent, after.dropped_client - before.dropped_client];
    return dropped / sent < 0.5;
  });
  expect((await stateOf(page)).rate).toBeLessThan(8);
  relay.delay = 0;
  await until('it is as quick as before', async () => ((await stateOf(page)).rate ?? 0) > 10);
  expect(takeTroubles(viewer)).toEqual([]);
});

const visit = (query: string) =>
  viewer.page.goto(`${session.relay.url}?threads=1&${query}`, { waitUntil: 'domcontentloaded' });

test('auto measures both, picks one, and says why', async () => {
  const { page } = viewer;
  await visit('mode=auto');
  const pattern = /^WASM (\d+) ms.*, server (\d+) ms.*: (WASM|server)$/;
  const picked = pattern.exec(await untilText(page, '#mode-note', pattern))?.[3];
  const engine = picked === 'WASM' ? 'wasm' : 'server';
  await until(`the page says ${engine}`, async () => (await textOf(page, '#mode')) === `auto: ${engine}`);
  await untilPainted(page, 10);
  await untilState(page, {
    asked: 'auto',
    mode: engine,
    engine,
    auto: { kind: 'picked', engine },
    // The one that was tried here stays ready, for the day when the server is away.
    sessions: 1,
  });
  const sockets = engine === 'server' ? 1 : 0;
  await until('only the server has a socket', () => session.relay.openSockets === sockets);
  expect(takeTroubles(viewer)).toEqual([]);
});

test('auto without a way to the server’s detector picks this browser', async () => {
  const { page } = viewer;
  session.relay.refusing = true;
  await visit('mode=auto');
  await untilText(page, '#mode-note', /^WASM \d+ ms, server: not reachable: WASM$/);
  await untilPainted(page, 10);
  await untilState(page, { mode: 'wasm', engine: 'wasm', sessions: 1 });
  expect(await page.locator('#detector-problem').isVisible()).toBe(false);
  session.relay.refusing = false;
  expect(takeTroubles(viewer, [/WebSocket connection to .* failed/])).toEqual([]);
});

test('auto that picked the server goes on in this browser when the server dies', async () => {
  const { server, laptop, phones } = session;
  await Promise.all([closePage(viewer), closePage(phone)]);
  viewer = await openViewer(laptop, `${server.viewerUrl}?mode=auto&threads=1`);
  phone = await openPhone(phones, await joinLink(viewer.page));
  const { page } = viewer;
  const picked = await untilText(page, '#mode-note', /^WASM \d+ ms.*, server \d+ ms.*: (WASM|server)$/);
  // Where this browser is the quicker one already, there is nothing to fall back from.
  if (picked.endsWith('server')) await untilState(page, { engine: 'server', sessions: 1 });
  await server.kill();
  if (picked.endsWith('server')) {
    await untilText(page, '#mode-note', /^WASM \d+ ms, server: not reachable: WASM$/);
  }
  await untilPainted(page, 10);
  await untilState(page, { mode: 'wasm', engine: 'wasm', sessions: 1, connection: 'live' });
  expect(await page.locator('#detector-problem').isVisible()).toBe(false);
  await server.restart();
  expect(takeTroubles(viewer, SERVER_AWAY)).toEqual([]);
});

test('auto with nothing left says so, by Retry too, and goes on when the server is back', async () => {
  const { server, laptop, phones } = session;
  await Promise.all([closePage(viewer), closePage(phone)]);
  // Chrome offers no GPU here: only the server can detect.
  viewer = await openViewer(laptop, `${server.viewerUrl}?mode=auto&engine=webgpu`);
  phone = await openPhone(phones, await joinLink(viewer.page));
  const { page } = viewer;
  const nothingLeft = () =>
    untilText(page, '#detector-problem', /nothing is detected: .*server: not reachable/i);
  await untilText(page, '#mode-note', /^WebGPU: .+, server \d+ ms: server$/);
  await untilPainted(page, 10);

  await server.kill();
  await nothingLeft();
  expect(await page.locator('#loading').isVisible()).toBe(false);
  expect(await page.locator('#mode-note').innerText()).toBe('');
  const retry = page.locator('#retry');
  const tries = viewer.sockets.length;
  await retry.click();
  await until('it has been tried again', () => viewer.sockets.length > tries);
  await nothingLeft();
  await until('Retry is offered again', () => retry.isVisible());

  await server.restart();
  await untilText(page, '#mode-note', /^WebGPU: .+, server \d+ ms: server$/);
  await untilPainted(page, 10);
  expect(await page.locator('#detector-problem').isVisible()).toBe(false);
  await untilState(page, { mode: 'server', engine: 'server', connection: 'live' });
  expect(takeTroubles(viewer, [...SERVER_AWAY, /could not start/])).toEqual([]);
});
