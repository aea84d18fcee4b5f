// Wasm mode that stops in the middle: the worker breaks, or dies in silence; the phone's camera ends.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { closePage, openPhone, takeTroubles, type Watched } from './harness/pages';
import { type Session, startSession } from './harness/session';
import { untilState } from './harness/state';
import { openTogether, retry, untilBoxes, untilTold } from './harness/trouble';
import { until } from './harness/until';
import { joinLink, untilPainted, untilText } from './harness/viewer';

let session: Session;
let viewer: Watched;
let phone: Watched;

beforeAll(async () => {
  session = await startSession('people.mjpeg');
  ({ viewer, phone } = await openTogether(session, 'mode=wasm&threads=1'));
  await untilBoxes(viewer.page, 'wasm');
});

afterAll(() => session?.end());

/** The page's one worker; a worker that was ended goes away with a delay. */
const onlyWorker = () =>
  until('the page has one worker', () => {
    const workers = viewer.page.workers();
    return workers.length === 1 ? workers[0] : null;
  });

const plantError = async () =>
  (await onlyWorker()).evaluate(() => {
    setTimeout(() => {
      throw new Error('planted');
    });
  });

test('an error in the worker that nobody catches: said, and mended by a retry', async () => {
  await plantError();
  await untilTold(viewer.page, /the detector of this page stopped: .*planted/i);
  await until('what broke is ended', () => viewer.page.workers().length === 0);
  await retry(viewer.page);
  await untilState(viewer.page, { sessions: 1 });
  await onlyWorker();
  expect(takeTroubles(viewer, [/planted/])).toEqual([]);
});

/** Counts of the old worker's frames would not go with the new one's. */
async function expectOwnFigures(): Promise<void> {
  const metrics = await until('something is on the screen', async () => {
    const report = await viewer.page.evaluate(() => window.sightline.metrics());
    return report.frames.displayed > 0 ? report : null;
  });
  const { displayed, answered, sent } = metrics.frames;
  expect(displayed).toBeLessThanOrEqual(answered);
  expect(answered).toBeLessThanOrEqual(sent);
  expect(metrics.processed_fps).toBeGreaterThan(0);
  expect(metrics.duration_s).toBeGreaterThan(0);
}

test('figures begin anew with a new worker', async () => {
  const { page } = viewer;
  await untilPainted(page, 20);
  await plantError();
  await untilTold(page, /planted/);
  await retry(page);
  await expectOwnFigures();
  expect(takeTroubles(viewer, [/planted/])).toEqual([]);
});

test('after a broken worker another mode works as well, and the way back', async () => {
  const { page } = viewer;
  await untilPainted(page, 20);
  await plantError();
  await untilTold(page, /planted/);
  await page.keyboard.press('s');
  await untilBoxes(page, 'server');
  await expectOwnFigures();
  await page.keyboard.press('b');
  await untilBoxes(page, 'wasm');
  await onlyWorker();
  expect(takeTroubles(viewer, [/planted/])).toEqual([]);
});

test('a worker that dies in silence is noticed, said, and mended by a retry', async () => {
  await (await onlyWorker()).evaluate(() => self.close());
  await untilTold(viewer.page, /it has said nothing for 10 s/);
  await retry(viewer.page);
  expect(takeTroubles(viewer)).toEqual([]);
});

test('the phone’s camera ends: the viewer says so, and boxes come with the next join', async () => {
  const { page } = viewer;
  await phone.page.evaluate(() => {
    const { srcObject } = document.querySelector('#preview') as HTMLVideoElement;
    for (const track of (srcObject as MediaStream).getTracks()) track.stop();
  });
  await untilText(page, '#status', /no picture from the phone/i);
  expect(await page.locator('#detector-problem').isVisible(), 'the detector is not to blame').toBe(false);
  await phone.page.reload({ waitUntil: 'domcontentloaded' });
  await untilBoxes(page, 'wasm');
  await untilText(page, '#status', /^live$/i);
  expect(takeTroubles(viewer)).toEqual([]);
  expect(takeTroubles(phone)).toEqual([]);
});

test('the phone goes, and another one comes', async () => {
  const { page } = viewer;
  await closePage(phone);
  await untilText(page, '#status', /phone is gone/i);
  phone = await openPhone(session.phones, await joinLink(page));
  await untilBoxes(page, 'wasm');
  await onlyWorker();
  await untilState(page, { sessions: 1 });
  expect(takeTroubles(viewer)).toEqual([]);
  expect(takeTroubles(phone)).toEqual([]);
});
