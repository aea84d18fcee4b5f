// What is told of a frame that is saved.
import type { CaptureSource, ResultMessage } from '../../detect/messages';
import type { DetectionResult, Mode } from '../../protocol/messages';

export type SavedFrame = {
  file_name: string;
  width: number;
  height: number;
  /** ISO 8601, in the server's clock as `capture_ts` is. */
  date_captured: string;
  capture_source: CaptureSource;
  mode: Mode;
  /** As it came on the wire. */
  result: DetectionResult;
};

export type CollectedFrame = SavedFrame & { image_id: number };

type Size = { width: number; height: number };

export function savedFrame(
  { result, capture, stamps }: Pick<ResultMessage, 'result' | 'capture' | 'stamps'>,
  file_name: string,
  { width, height }: Size,
): SavedFrame {
  return {
    file_name,
    width,
    height,
    date_captured: new Date(result.capture_ts).toISOString(),
    capture_source: capture.source,
    // Told by the frame itself, not by the switch: only frames for the server travel.
    mode: stamps.sent === undefined ? 'wasm' : 'server',
    result,
  };
}

/** For file names: a moment to the second, which every file system takes and which sorts by time. */
export const momentName = (ms: number): string =>
  `${new Date(ms).toISOString().slice(0, 19).replaceAll(':', '-')}Z`;
