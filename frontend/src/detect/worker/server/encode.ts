// A picture turned into the message that the detection socket takes.
import { FRAME_HEADER_BYTES } from '../../../protocol/messages';
import type { Picture } from '../../messages';
import type { Size } from '../../picture';
import { Shrinker } from '../shrink';

/** `u32 LE frame_id` · `f64 LE capture_ts` · JPEG. */
export function frameMessage(frameId: number, captureTs: number, jpeg: ArrayBuffer): ArrayBuffer {
  const message = new ArrayBuffer(FRAME_HEADER_BYTES + jpeg.byteLength);
  const header = new DataView(message);
  header.setUint32(0, frameId, true);
  header.setFloat64(4, captureTs, true);
  new Uint8Array(message, FRAME_HEADER_BYTES).set(new Uint8Array(jpeg));
  return message;
}

export class JpegEncoder {
  private readonly shrinker: Shrinker;

  constructor(
    box: Size,
    private readonly quality: number,
  ) {
    this.shrinker = new Shrinker(box);
  }

  async encode(picture: Picture): Promise<ArrayBuffer> {
    this.shrinker.draw(picture);
    const blob = await this.shrinker.canvas.convertToBlob({ type: 'image/jpeg', quality: this.quality });
    if (blob.type !== 'image/jpeg') throw new Error('this browser cannot write JPEG');
    return blob.arrayBuffer();
  }
}
