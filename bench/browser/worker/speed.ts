// The browser's detector and a bare session.run, in turn, so that what the machine does besides falls on both.
import { epochNow } from '../../../frontend/src/detect/epoch';
import type { BrowserDetector } from '../../../frontend/src/detect/worker/browser/browser-detector';
import type { DetectionResult } from '../../../frontend/src/protocol/messages';
import { DEFAULTS } from '../../../frontend/src/viewer/options';
import type { SpeedRequest, SpeedSamples } from '../messages';
import { BareRun } from './bare';
import { openDetector, resultOf } from './open';
import { type Yuv, yuvOf } from './yuv';

/** Rounds that only warm up. */
const WARM_UP = 10;
const TELL_EVERY = 25;

export async function measureSpeed(
  { browser, frames, jpegs }: SpeedRequest,
  progress: (text: string) => void,
): Promise<SpeedSamples> {
  const pictures = await Promise.all(jpegs.map(yuvOf));
  const [first] = pictures;
  if (!first) throw new Error('no pictures');
  const detector = await openDetector(DEFAULTS, browser);
  const bare = await BareRun.open(browser.manifest, first);
  const samples = noSamples(first);
  for (let round = -WARM_UP; round < frames; round++) {
    const picture = pictures[(round + WARM_UP) % pictures.length] as Yuv;
    // Each goes first every other time.
    const bareFirst = round % 2 === 0 ? await bare.time() : null;
    const detected = await timeDetector(detector, picture);
    const bareMs = bareFirst ?? (await bare.time());
    if (round >= 0) note(samples, detected, bareMs);
    if (round % TELL_EVERY === 0) progress(`${Math.max(0, round)} of ${frames} frames`);
  }
  detector.close();
  bare.close();
  return samples;
}

type Detected = { ms: number; result: DetectionResult };

/** From a frame that nobody has looked at, as a video's are, to its detections. */
async function timeDetector(detector: BrowserDetector, { bytes, init }: Yuv): Promise<Detected> {
  const picture = new VideoFrame(bytes, init);
  const now = epochNow();
  const began = performance.now();
  const outcome = await detector.detect({ picture, captured: now, sampled: now }, () => {});
  const ms = performance.now() - began;
  picture.close();
  return { ms, result: resultOf(outcome) };
}

function noSamples({ init }: Yuv): SpeedSamples {
  return {
    picture: `${init.codedWidth}×${init.codedHeight} ${init.format}`,
    box: `${DEFAULTS.width}×${DEFAULTS.height}`,
    detector: [],
    bare: [],
    stages: { decode: [], resize: [], infer: [], post: [] },
  };
}

function note(samples: SpeedSamples, { ms, result }: Detected, bareMs: number): void {
  const { timing } = result;
  if (!timing) throw new Error('the detector told no times');
  samples.detector.push(ms);
  samples.bare.push(bareMs);
  const { stages } = samples;
  stages.decode.push(timing.decode_us / 1000);
  stages.resize.push(timing.resize_us / 1000);
  stages.infer.push(timing.infer_us / 1000);
  stages.post.push(timing.post_us / 1000);
}
