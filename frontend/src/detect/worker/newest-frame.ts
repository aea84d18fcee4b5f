// The newest frame of the video and no other: every frame is read, all but the newest are closed.
import type { Arrival } from '../messages';

export class NewestFrame {
  private newest: Arrival | undefined;
  private reader: ReadableStreamDefaultReader<VideoFrame> | undefined;

  /** `arrived` is called after each frame has taken its place. */
  constructor(private readonly arrived: () => void) {}

  put(arrival: Arrival): void {
    this.newest?.picture.close();
    this.newest = arrival;
    this.arrived();
  }

  /** The caller closes what it takes. */
  take(): Arrival | undefined {
    const taken = this.newest;
    this.newest = undefined;
    return taken;
  }

  /** Reads until the track ends or another stream takes over. */
  async read(stream: ReadableStream<VideoFrame>): Promise<void> {
    this.clear();
    const reader = stream.getReader();
    this.reader = reader;
    try {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        if (reader === this.reader)
          this.put({ picture: value, rtpTimestamp: value.metadata?.().rtpTimestamp });
        else value.close();
      }
    } catch (error) {
      console.warn('the video stream broke', error);
    }
  }

  clear(): void {
    void this.reader?.cancel().catch(() => {});
    this.reader = undefined;
    this.newest?.picture.close();
    this.newest = undefined;
  }
}
