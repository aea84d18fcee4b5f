// From a frame to its detections, beside a bare session.run.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CLIPS } from '../../frontend/e2e/harness/paths';
import { summarise } from '../../frontend/src/viewer/stats';
import { type Measured, medianAndP95, table } from '../lib/words';
import { withBenchPage } from './bench-page';
import type { Options } from './main';
import type { SpeedSamples } from './messages';

const CLIP = 'people.mjpeg';
/** Every so many of the clip's frames. */
const STEP = 10;
const MOST = 1.1;

export async function speed({ threads, frames, model }: Options): Promise<Measured> {
  const jpegs = clipFrames();
  const samples = await withBenchPage(['--model', model], (page) =>
    page.evaluate(([pictures, ...rest]) => window.bench?.speed(pictures, ...rest), [
      jpegs,
      threads,
      frames,
    ] as const),
  );
  if (!samples) throw new Error('the bench page went away');
  const figures = { frames, threads, ...figuresOf(samples) };
  show(figures);
  const { ratio } = figures;
  return {
    figures,
    goals: [
      { text: `detector ≤ ${MOST.toFixed(2)} × bare session.run: ${ratio.toFixed(3)}`, met: ratio <= MOST },
    ],
  };
}

/** Motion JPEG is one JPEG after the other. */
function clipFrames(): string[] {
  const clip = readFileSync(join(CLIPS, CLIP));
  const starts: number[] = [];
  const START_OF_IMAGE = Buffer.from([0xff, 0xd8, 0xff]);
  for (let at = clip.indexOf(START_OF_IMAGE); at >= 0; at = clip.indexOf(START_OF_IMAGE, at + 1))
    starts.push(at);
  return starts
    .map((start, index) => clip.subarray(start, starts[index + 1]))
    .filter((_, index) => index % STEP === 0)
    .map((jpeg) => jpeg.toString('base64'));
}

function figuresOf({ picture, box, detector, bare, stages }: SpeedSamples) {
  const summary = (values: number[]) => {
    const measured = summarise(values);
    if (!measured) throw new Error('nothing was measured');
    return measured;
  };
  const [detectorMs, bareMs] = [summary(detector), summary(bare)];
  return {
    picture,
    box,
    detector_ms: detectorMs,
    bare_ms: bareMs,
    ratio: detectorMs.median / bareMs.median,
    stages_ms: {
      decode: summary(stages.decode),
      resize: summary(stages.resize),
      infer: summary(stages.infer),
      post: summary(stages.post),
    },
  };
}

function show(figures: { frames: number; threads: number } & ReturnType<typeof figuresOf>): void {
  const { frames, threads, picture, box } = figures;
  const { decode, resize, infer, post } = figures.stages_ms;
  console.log(`${frames} frames of ${picture}, detected on at most ${box}, ${threads} thread(s); ms\n`);
  console.log(
    table([
      ['', 'median / p95'],
      ['frame to detections', medianAndP95(figures.detector_ms)],
      ['  frame to pixels', medianAndP95(decode)],
      ['  pixels to tensor', medianAndP95(resize)],
      ['  session.run', medianAndP95(infer)],
      ['  outputs to boxes', medianAndP95(post)],
      ['bare session.run', medianAndP95(figures.bare_ms)],
    ]),
  );
}
