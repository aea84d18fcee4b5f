// Does the video still arrive, and how much of it? A connection can stand while the phone's screen is locked.

import { Throughput } from './throughput';

/** Without a new frame for this long the picture is not live. */
const STALLED_MS = 1500;
const LOOK_EVERY_MS = 500;

type Reading = { at: number; frames: number; bytes: number };

export class Flow {
  flowing = false;
  private frames = 0;
  private readonly throughput = new Throughput();
  private grewAt = 0;
  private timer: number | undefined;

  constructor(private readonly changed: () => void) {}

  /** `trusting`: a connection that has just been made gets a moment for its first frame. */
  watch(pc: RTCPeerConnection, trusting: boolean): void {
    this.stop();
    this.flowing = trusting;
    this.grewAt = trusting ? performance.now() : Number.NEGATIVE_INFINITY;
    this.timer = window.setInterval(() => void this.look(pc), LOOK_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.timer);
    this.flowing = false;
    this.frames = 0;
    this.throughput.forget();
  }

  /** The rate is told from now on. */
  mark(): void {
    this.throughput.mark();
  }

  /** Video received from the phone, RTP headers included, since the mark or since this connection began. */
  get kbps(): number | null {
    return this.throughput.kbps;
  }

  private async look(pc: RTCPeerConnection): Promise<void> {
    const reading = await readVideo(pc);
    if (!reading || pc.connectionState === 'closed') return;
    if (reading.frames !== this.frames) this.grewAt = performance.now();
    this.frames = reading.frames;
    this.throughput.note(reading.at, reading.bytes);
    const flowing = performance.now() - this.grewAt < STALLED_MS;
    if (flowing === this.flowing) return;
    this.flowing = flowing;
    this.changed();
  }
}

async function readVideo(pc: RTCPeerConnection): Promise<Reading | null> {
  for (const stat of (await pc.getStats()).values()) {
    if (stat.type !== 'inbound-rtp' || stat.kind !== 'video') continue;
    // Chromium counts headers and payload apart.
    const bytes = (stat.bytesReceived ?? 0) + (stat.headerBytesReceived ?? 0);
    return { at: stat.timestamp, frames: stat.framesDecoded ?? 0, bytes };
  }
  return null;
}
