// When the last frames of the video arrived at this machine, by their RTP timestamps.
import type { FrameTimes } from './messages';

/** Some four seconds of video: no answer takes longer. */
const KEPT = 128;

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
