// JPEG to picture, one at a time; of those that come meanwhile only the newest is decoded.
import { Newest } from '../../newest';

export class NewestDecoder<T extends { jpeg: ArrayBuffer }> {
  private stopped = false;
  private readonly newest = new Newest<T>((frame) => this.decode(frame));

  /** The picture is the handler's to close. */
  constructor(private readonly decoded: (picture: ImageBitmap, frame: T) => void) {}

  offer(frame: T): void {
    this.newest.push(frame);
  }

  stop(): void {
    this.stopped = true;
  }

  private async decode(frame: T): Promise<void> {
    if (this.stopped) return;
    const picture = await createImageBitmap(new Blob([frame.jpeg], { type: 'image/jpeg' }));
    if (this.stopped) picture.close();
    else this.decoded(picture, frame);
  }
}
