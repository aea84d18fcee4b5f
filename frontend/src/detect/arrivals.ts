// When the last frames of the video arrived at this machine, by their RTP timestamps.
import type { FrameTimes } from './messages';

/** Ten seconds of a quick camera's video: no answer is waited for any longer. */
const KEPT = 600;

export class Arrivals {
  private readonly times = new Map<number, number>();

  note({ rtpTimestamp, receiveTime }: FrameTimes): void {
    if (receiveTime === undefined) return;
    this.times.set(rtpTimestamp, receiveTime);
    const [oldest] = this.times.keys();
    if (this.times.size > KEPT && oldest !== undefined) this.times.delete(oldest);
  }

  /** Ms since the epoch, viewer's clock. Null when the browser has told nothing about this frame. */
  of(rtpTimestamp: number | undefined): number | null {
    return (rtpTimestamp !== undefined && this.times.get(rtpTimestamp)) || null;
  }
}
