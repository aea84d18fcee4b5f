// When the phone's camera captured a frame. The worker's frames carry only an RTP timestamp; the page's
// requestVideoFrameCallback ties RTP timestamps to times. A frame often gets here before its own callback
// has run, so its time is carried over from an earlier callback: RTP video ticks at 90 kHz.
import type { Capture, FrameTimes } from '../messages';

const TICKS_PER_MS = 90;
/** An older tie is not trusted: the two clocks drift, and a new sender starts a new count. */
const TRUST_MS = 5000;

type Anchor = { rtp: number; at: number };

export class CaptureClock {
  private captured: Anchor | undefined;
  private received: Anchor | undefined;

  note({ rtpTimestamp, captureTime, receiveTime }: FrameTimes): void {
    if (captureTime !== undefined) this.captured = { rtp: rtpTimestamp, at: captureTime };
    if (receiveTime !== undefined) this.received = { rtp: rtpTimestamp, at: receiveTime };
  }

  captureOf(rtp: number | undefined, sampled: number): Capture {
    const captured = carry(this.captured, rtp, sampled);
    if (captured !== undefined) return { at: captured, source: 'capture_time' };
    const received = carry(this.received, rtp, sampled);
    // Carried over from a frame that was late itself it may lie ahead: then it is no time of this frame's arrival.
    if (received !== undefined && received <= sampled) return { at: received, source: 'receive_time' };
    return { at: sampled, source: 'sample_time' };
  }

  /** Another track: another count of RTP ticks. */
  reset(): void {
    this.captured = undefined;
    this.received = undefined;
  }
}

/** The anchor's time moved to another RTP timestamp, or undefined when the anchor is too old to tell. */
function carry(anchor: Anchor | undefined, rtp: number | undefined, now: number): number | undefined {
  if (!anchor || rtp === undefined || now - anchor.at > TRUST_MS) return undefined;
  const moved = rtpDistance(anchor.rtp, rtp) / TICKS_PER_MS;
  return Math.abs(moved) <= TRUST_MS ? anchor.at + moved : undefined;
}

/** Ticks from one RTP timestamp to another; they count modulo 2³². */
export function rtpDistance(from: number, to: number): number {
  return (to - from) | 0;
}
