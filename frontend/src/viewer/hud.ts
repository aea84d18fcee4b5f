// The readouts. A value that is not known is a dash; a negative latency is shown as it is.

import type { CaptureSource, DetectorState } from '../detect/messages';
import { byId, write } from '../dom';
import type { FrameCounts, HiddenTime } from '../protocol/messages';
import type { Glance } from './metrics';

const DASH = '–';

export type Readings = {
  /** Null while no picture is live: figures of the last seconds would pass for those of now. */
  glance: Glance | null;
  frames: FrameCounts;
  hidden: HiddenTime | null;
  clockError: number | null;
  captureClock: Record<CaptureSource, number>;
  detector: DetectorState | null;
  /** Frames a second that the sampler picks now. */
  rate: number | null;
  connection: string;
};

export class Hud {
  private readonly cells = new Map<string, HTMLElement>();

  constructor() {
    for (const cell of byId('hud').querySelectorAll<HTMLElement>('[data-reading]')) {
      this.cells.set(cell.dataset.reading as string, cell);
    }
  }

  show({ glance, frames, hidden, clockError, captureClock, detector, rate, connection }: Readings): void {
    this.put('fps', fixed(glance?.fps, 1));
    this.put('e2e-median', fixed(glance?.e2e?.median, 0));
    this.put('e2e-p95', fixed(glance?.e2e?.p95, 0));
    this.put('server', fixed(glance?.server?.median, 1));
    this.put('network', fixed(glance?.network?.median, 0));
    this.put('drops', `${frames.dropped_client} / ${frames.dropped_server}`);
    this.put('errors', String(frames.errors));
    this.put('frames', `${frames.sampled} / ${frames.displayed}`);
    this.put('hidden', hiddenWords(hidden));
    this.put('clock', clockError === null ? DASH : `± ${clockError.toFixed(1)}`);
    this.put('capture', mainSource(captureClock));
    this.put('detector', detectorWords(detector));
    this.put('rate', fixed(rate, 1));
    this.put('connection', connection.replaceAll('_', ' '));
  }

  private put(reading: string, text: string): void {
    const cell = this.cells.get(reading);
    if (cell) write(cell, text);
  }
}

export function fixed(value: number | null | undefined, digits: number): string {
  return value === null || value === undefined ? DASH : value.toFixed(digits);
}

/** Frames that nobody saw are apart from those of the other readings. */
export function hiddenWords(hidden: HiddenTime | null): string {
  if (!hidden?.duration_s) return DASH;
  return `${fixed(hidden.duration_s, 0)} s, ${hidden.answered} frames`;
}

const SOURCE_WORDS: Record<CaptureSource, string> = {
  capture_time: 'camera',
  receive_time: 'arrival',
  sample_time: 'sampling',
};

/** The clock that most frames had, and its share when it was not all of them. */
export function mainSource(counts: Record<CaptureSource, number>): string {
  const entries = Object.entries(counts) as [CaptureSource, number][];
  const total = entries.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return DASH;
  const [source, most] = entries.reduce((best, entry) => (entry[1] > best[1] ? entry : best));
  const share = most === total ? '' : ` ${Math.floor((100 * most) / total)} %`;
  return SOURCE_WORDS[source] + share;
}

export function detectorWords(detector: DetectorState | null): string {
  if (detector === null) return DASH;
  if (detector.kind === 'ready') return detector.words;
  if (detector.kind !== 'lost') return detector.kind.replaceAll('_', ' ');
  return `closed ${detector.code}${detector.reason ? ` (${detector.reason})` : ''}`;
}
