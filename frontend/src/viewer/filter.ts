// Which detections are shown. Nothing here changes what is detected or counted.
import type { Detection } from '../protocol/messages';

export class Filter {
  threshold = 0.5;
  /** Labels that are not shown. Kept as the hidden ones, so that a new label is visible. */
  readonly hidden = new Set<string>();

  apply(detections: readonly Detection[]): Detection[] {
    return detections.filter(({ label, score }) => score >= this.threshold && !this.hidden.has(label));
  }
}
