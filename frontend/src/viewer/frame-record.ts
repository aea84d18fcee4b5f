// What is known of one shown frame: when it was captured, how long each stage took, when it was on screen.
import type { CaptureSource, ResultMessage } from '../detect/messages';
import type { DetectionResult, StagesMs } from '../protocol/messages';

export type Stage = keyof StagesMs;

/** In the order of the frame's way; `StagesMs` in src/protocol/metrics.rs says what each is. */
export const STAGES = [
  'capture_to_receive',
  'receive_to_sample',
  'encode',
  'uplink',
  'queue',
  'decode',
  'resize',
  'infer',
  'post',
  'downlink',
  'paint',
  'display',
] as const satisfies readonly Stage[];

/** Times are ms since the epoch on the viewer's clock. */
export type FrameRecord = {
  frame_id: number;
  captured: number;
  capture_source: CaptureSource;
  shown: number;
  e2e_ms: number;
  server_ms: number;
  network_ms: number;
  /** They add up to `e2e_ms`; null where a frame does not pass or the time is not known. */
  stages_ms: Record<Stage, number | null>;
};

/** What the vision worker tells of an answered frame. */
export type AnsweredFrame = Pick<ResultMessage, 'result' | 'capture' | 'rtpTimestamp' | 'stamps' | 'clock'>;

/** When a frame was drawn on the canvas, and when it came on screen. */
export type ShownTimes = { drawn: number; shown: number };

/** `received`: when the frame's last packet arrived; null where that is not known. */
export function frameRecord(
  frame: AnsweredFrame,
  received: number | null,
  { drawn, shown }: ShownTimes,
): FrameRecord {
  const { result, capture, stamps } = frame;
  return {
    frame_id: result.frame_id,
    captured: capture.at,
    capture_source: capture.source,
    shown,
    // Both are moments of this page's clock: to tell them by the server's would add the same offset to each.
    e2e_ms: shown - capture.at,
    server_ms: serverLatency(result),
    network_ms: result.recv_ts - result.capture_ts,
    stages_ms: {
      ...beforeSampling(frame, received),
      ...overTheNetwork(frame),
      ...atTheDetector(result),
      paint: drawn - stamps.answered,
      display: shown - drawn,
    },
  };
}

/** Without the camera's own time, the frame's way begins where its time was told. */
function beforeSampling({ capture, stamps }: AnsweredFrame, received: number | null) {
  const { at, source } = capture;
  if (source === 'receive_time') return { capture_to_receive: null, receive_to_sample: stamps.sampled - at };
  // Sampled here it has no time before that; sampled by a phone that relays it has.
  const isTold = source !== 'sample_time' || capture.received !== undefined;
  if (!isTold || received === null) return { capture_to_receive: null, receive_to_sample: null };
  return { capture_to_receive: received - at, receive_to_sample: stamps.sampled - received };
}

/** Frames that are inferred in this page do not travel. */
function overTheNetwork({ result, stamps, clock }: AnsweredFrame) {
  const { sampled, sent, answered } = stamps;
  if (sent === undefined) return { encode: null, uplink: null, downlink: null };
  const uplink = result.recv_ts - clock.offset - sent;
  // The rest of the round trip: so both ways together are exact, whatever the two clocks think of each other.
  const downlink = answered - sent - serverLatency(result) - uplink;
  return { encode: sent - sampled, uplink, downlink };
}

function atTheDetector({ timing }: DetectionResult) {
  const ms = (stage: keyof NonNullable<typeof timing>) => (timing ? timing[stage] / 1000 : null);
  return {
    queue: ms('queue_us'),
    decode: ms('decode_us'),
    resize: ms('resize_us'),
    infer: ms('infer_us'),
    post: ms('post_us'),
  };
}

/** `inference_ts − recv_ts`; the timing's microseconds add up to it and say it finer. */
export function serverLatency({ recv_ts, inference_ts, timing }: DetectionResult): number {
  if (!timing) return inference_ts - recv_ts;
  const { queue_us, decode_us, resize_us, infer_us, post_us } = timing;
  return (queue_us + decode_us + resize_us + infer_us + post_us) / 1000;
}
