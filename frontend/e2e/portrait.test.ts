// The phone is turned while it films: the picture grows tall, and boxes stay right.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectTrueDrawing } from './harness/drawing';
import { holdPhone } from './harness/in-page';
import { openPhone, openViewer, takeTroubles, type Watched } from './harness/pages';
import { jpegSize } from './harness/relay';
import { type Session, startSession } from './harness/session';
import { until } from './harness/until';
import { joinLink, paintedSince, switchOverlay, untilPainted } from './harness/viewer';

let session: Session;
let viewer: Watched;
let phone: Watched;

beforeAll(async () => {
  session = await startSession('people.mjpeg');
  viewer = await openViewer(session.laptop, `${session.relay.url}?overlay=exact`, { deviceScaleFactor: 2 });
  phone = await openPhone(session.phones, await joinLink(viewer.page), { init: holdPhone });
  await untilPainted(viewer.page, 5);
});

afterAll(() => session?.end());

async function hold(upright: boolean): Promise<void> {
  await phone.page.evaluate(
    (way) => (window as unknown as { hold: (upright: boolean) => void }).hold(way),
    upright,
  );
  const size = upright ? { width: 240, height: 320 } : { width: 320, height: 240 };
  await until('frames of the new shape are painted', async () => {
    const last = (await paintedSince(viewer.page, -1))[0];
    const frame = last && session.relay.frames.get(last.result.frame_id);
    return (
      frame &&
      JSON.stringify(jpegSize(frame.jpeg)) === JSON.stringify({ height: size.height, width: size.width })
    );
  });
  await until('the video has the new shape', () =>
    viewer.page.evaluate((tall) => {
      const video = document.querySelector('#video') as HTMLVideoElement;
      return video.videoHeight > video.videoWidth === tall;
    }, upright),
  );
}

test.each([
  [true, 'exact'],
  [true, 'live'],
  [false, 'live'],
  [false, 'exact'],
] as const)('turned (upright: %s), boxes lie where the detections say: %s', async (upright, overlay) => {
  await hold(upright);
  await switchOverlay(viewer.page, overlay);
  await untilPainted(viewer.page, 2);
  await expectTrueDrawing(viewer.page, overlay);
});

test('nothing went wrong on either page', () => {
  expect(takeTroubles(viewer)).toEqual([]);
  expect(takeTroubles(phone)).toEqual([]);
});
