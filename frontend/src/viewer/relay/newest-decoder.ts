// JPEG to picture, one at a time; of those that come meanwhile only the newest is decoded.
export class NewestDecoder<T extends { jpeg: ArrayBuffer }> {
  private waiting: T | null = null;
  private busy = false;
  private stopped = false;

  /** The picture is the handler's to close. */
  constructor(private readonly decoded: (picture: ImageBitmap, frame: T) => void) {}

  offer(frame: T): void {
    this.waiting = frame;
    if (!this.busy) void this.work();
  }

  stop(): void {
    this.stopped = true;
    this.waiting = null;
  }

  private async work(): Promise<void> {
    this.busy = true;
    for (let frame = this.next(); frame; frame = this.next()) {
      try {
        const picture = await createImageBitmap(new Blob([frame.jpeg], { type: 'image/jpeg' }));
        if (this.stopped) picture.close();
        else this.decoded(picture, frame);
      } catch (error) {
        console.warn('a relayed picture could not be decoded', error);
      }
    }
    this.busy = false;
  }

  private next(): T | null {
    const { waiting } = this;
    this.waiting = null;
    return waiting;
  }
}
