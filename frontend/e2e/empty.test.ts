// A scene with nothing in it: frames are answered, boxes are not made up.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPhone, openViewer, takeTroubles, type Watched } from './harness/pages';
import { type Session, startSession } from './harness/session';
import { until } from './harness/until';
import { joinLink, paintedSince } from './harness/viewer';

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
  // The counter tells that these are the clip's frames and not a black picture.
  const painted = await until(`${ENOUGH} frames of the clip were painted`, async () => {
    const seen = await paintedSince(viewer.page, 0);
    return seen.filter(({ counter }) => counter !== null).length >= ENOUGH ? seen : null;
  });
  expect(painted.flatMap(({ result }) => result.detections)).toEqual([]);
  const { answered } = await viewer.page.evaluate(() => window.sightline.state().frames);
  expect(answered).toBeGreaterThanOrEqual(ENOUGH);
  expect(takeTroubles(viewer)).toEqual([]);
});
