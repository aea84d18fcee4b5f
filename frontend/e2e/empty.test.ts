// A scene with nothing in it: frames are answered, boxes are not made up.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPhone, openViewer, takeTroubles, type Watched } from './harness/pages';
import { type Session, startSession } from './harness/session';
import { joinLink, paintedSince, untilPainted } from './harness/viewer';

const ENOUGH = 60;

let session: Session;
let viewer: Watched;

beforeAll(async () => {
  session = await startSession('empty.mjpeg');
  viewer = await openViewer(session.laptop, `${session.server.viewerUrl}?overlay=exact`);
  await openPhone(session.phones, await joinLink(viewer.page));
});

afterAll(() => session?.end());

test('an empty scene gives no detection at all, while frames are answered', async () => {
  await untilPainted(viewer.page, ENOUGH);
  const painted = await paintedSince(viewer.page, 0);
  // The counter tells that these are the clip's frames and not a black picture.
  expect(painted.filter(({ counter }) => counter !== null).length).toBeGreaterThan(ENOUGH / 2);
  expect(painted.flatMap(({ result }) => result.detections)).toEqual([]);
  const { answered } = await viewer.page.evaluate(() => window.sightline.state().frames);
  expect(answered).toBeGreaterThanOrEqual(ENOUGH);
  expect(takeTroubles(viewer)).toEqual([]);
});
