// A connection that has just been made is slower than it will be: measuring waits until it is itself.
import type { Watched } from '../../frontend/e2e/harness/pages';
import { until } from '../../frontend/e2e/harness/until';
import { progress } from '../lib/words';
import { sleep } from './interrupt';
import { statusOf } from './phones';
import type { Ends } from './rig';

const PHONE_S = 60;
/** Somebody has to find the phone, scan and tap. */
const REAL_PHONE_S = 900;
const DETECTOR_S = 120;
const FRAMES_S = 60;
/** Chromium tells the camera's time about two seconds into a call; other browsers never do. */
const CAMERA_TIME = { looks: 20, every: 500 };

type State = ReturnType<Window['sightline']['state']>;

/** Returns when frames with detections are on screen, timed by the phone's camera where the browser can. */
export async function warmUp(ends: Ends, seconds: number, signal: AbortSignal): Promise<void> {
  const wait = (what: string, bound: number, ready: (state: State) => boolean) =>
    waitFor(ends, signal, what, bound, ready);
  progress('waiting for the phone');
  await wait(
    'no video came from a phone',
    ends.phone ? PHONE_S : REAL_PHONE_S,
    ({ connection }) => connection === 'live',
  );
  progress('waiting for the detector');
  await wait(
    'the detector was not ready',
    DETECTOR_S,
    ({ detector, asked, auto }) =>
      detector?.kind === 'ready' && (asked !== 'auto' || auto?.kind === 'picked'),
  );
  await wait('no frame was answered', FRAMES_S, ({ frames }) => frames.displayed > 0);
  progress('waiting for the camera’s clock');
  await untilCameraTime(ends.viewer, signal);
  if (seconds === 0) return;
  progress(`warming up for ${seconds} s`);
  await sleep(1000 * seconds, signal);
}

async function waitFor(
  { viewer, phone }: Ends,
  signal: AbortSignal,
  what: string,
  seconds: number,
  ready: (state: State) => boolean,
): Promise<void> {
  const look = async () => {
    signal.throwIfAborted();
    const state = await viewer.page.evaluate(() => window.sightline?.state() ?? null);
    if (state?.detector?.kind === 'failed') throw new Error(`the detector failed: ${state.detector.message}`);
    return state !== null && ready(state);
  };
  try {
    await until(what, look, 1000 * seconds);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith(what)) throw error;
    const words = [`the viewer says “${await statusOf(viewer)}”`];
    if (phone) words.push(`the phone says “${await phone.says()}”`);
    throw new Error(`${what} within ${seconds} s: ${words.join(', ')}`);
  }
}

/** All frames between two looks are timed by the camera, or the browser cannot: capture_clock tells which. */
async function untilCameraTime({ page }: Watched, signal: AbortSignal): Promise<void> {
  const read = () => page.evaluate(() => window.sightline.metrics().capture_clock);
  let before = await read();
  for (let look = 0; look < CAMERA_TIME.looks; look++) {
    await sleep(CAMERA_TIME.every, signal);
    const now = await read();
    const others = (['receive_time', 'sample_time'] as const).some((source) => now[source] > before[source]);
    if (now.capture_time > before.capture_time && !others) return;
    before = now;
  }
}
