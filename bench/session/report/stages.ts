// Where a frame's time goes, as arithmetic.
import type { StageSummary, StagesMs } from '../../../frontend/src/protocol/messages';
import { type FrameRecord, STAGES, type Stage } from '../../../frontend/src/viewer/frame-record';

/** Whose work a stage is: it gives the bar its colour. */
export type Place = 'network' | 'viewer' | 'detector';

export const PLACES: Record<Stage, Place> = {
  capture_to_receive: 'network',
  receive_to_sample: 'viewer',
  encode: 'viewer',
  uplink: 'network',
  queue: 'detector',
  decode: 'detector',
  resize: 'detector',
  infer: 'detector',
  post: 'detector',
  downlink: 'network',
  paint: 'viewer',
  display: 'viewer',
};

export const WORDS: Record<Stage, string> = {
  capture_to_receive:
    'Camera to the frame’s last packet at the viewer: the phone’s video encoder and the network',
  receive_to_sample:
    'To being taken by the sampler: jitter buffer, video decoder, waiting for the detector to be free',
  encode: 'To a JPEG in the socket’s hands',
  uplink: 'To its last byte read by the server',
  queue: 'To being taken by a worker',
  decode: 'To pixels',
  resize: 'To the model’s input',
  infer: 'To the model’s outputs',
  post: 'To finished detections',
  downlink: 'To the answer received by the viewer',
  paint: 'To boxes drawn on the canvas',
  display: 'To the frame callback after drawing: on screen',
};

/** Frames that are inferred in the viewer's page do not travel. */
export const NOT_IN_BROWSER: readonly Stage[] = ['encode', 'uplink', 'downlink'];

export type Step = StageSummary & { stage: Stage; start: number };

/** Each stage begins where the one before it ends. */
export function cascade(stages: StagesMs): Step[] {
  let start = 0;
  return STAGES.flatMap((stage) => {
    const summary = stages[stage];
    if (!summary) return [];
    const step = { stage, start, ...summary };
    start += summary.median;
    return [step];
  });
}

export const missing = (stages: StagesMs): Stage[] => STAGES.filter((stage) => stages[stage] === null);

/** What each frame's stages leave of its latency; frames with an unknown stage on their way are left out. */
export function remainders(frames: readonly FrameRecord[]): number[] {
  return frames
    .filter(isWhole)
    .map(({ e2e_ms, stages_ms }) => STAGES.reduce((rest, stage) => rest - (stages_ms[stage] ?? 0), e2e_ms));
}

/** A frame's way begins where its time was told, so a stage before that is no gap. */
function isWhole({ capture_source, stages_ms }: FrameRecord): boolean {
  const whole = stages_ms.infer !== null && stages_ms.paint !== null && stages_ms.display !== null;
  return whole && (capture_source !== 'capture_time' || stages_ms.capture_to_receive !== null);
}
