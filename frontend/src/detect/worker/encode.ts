// A picture made small and turned into the message that the detection socket takes.
import type { Picture } from '../messages';

export type Size = { width: number; height: number };

const HEADER_BYTES = 12;

export function pictureSize(picture: Picture): Size {
  return 'displayWidth' in picture
    ? { width: picture.displayWidth, height: picture.displayHeight }
    : { width: picture.width, height: picture.height };
}

/**
 * The size to send: the aspect ratio kept, inside the box (turned for an upright picture), both sides even
 * (JPEG halves its colours), never enlarged.
 */
export function fitInside(picture: Size, box: Size): Size {
  const upright = picture.height > picture.width !== box.height > box.width;
  const room = upright ? { width: box.height, height: box.width } : box;
  const scale = Math.min(1, room.width / picture.width, room.height / picture.height);
  return {
    width: even(picture.width * scale, room.width),
    height: even(picture.height * scale, room.height),
  };
}

function even(length: number, most: number): number {
  const nearest = 2 * Math.round(length / 2);
  return Math.max(2, nearest > most ? nearest - 2 : nearest);
}

/** `u32 LE frame_id` · `f64 LE capture_ts` · JPEG. */
export function frameMessage(frameId: number, captureTs: number, jpeg: ArrayBuffer): ArrayBuffer {
  const message = new ArrayBuffer(HEADER_BYTES + jpeg.byteLength);
  const header = new DataView(message);
  header.setUint32(0, frameId, true);
  header.setFloat64(4, captureTs, true);
  new Uint8Array(message, HEADER_BYTES).set(new Uint8Array(jpeg));
  return message;
}

export class JpegEncoder {
  private readonly canvas = new OffscreenCanvas(2, 2);
  private readonly context: OffscreenCanvasRenderingContext2D;

  constructor(
    private readonly box: Size,
    private readonly quality: number,
  ) {
    // The pixels are read back for every frame: a canvas in ordinary memory is quicker than one on the GPU.
    const context = this.canvas.getContext('2d', { alpha: false, willReadFrequently: true });
    if (!context) throw new Error('this browser has no 2D canvas in workers');
    this.context = context;
    context.imageSmoothingQuality = 'medium';
  }

  async encode(picture: Picture): Promise<ArrayBuffer> {
    const { width, height } = fitInside(pictureSize(picture), this.box);
    if (this.canvas.width !== width) this.canvas.width = width;
    if (this.canvas.height !== height) this.canvas.height = height;
    this.context.drawImage(picture, 0, 0, width, height);
    const blob = await this.canvas.convertToBlob({ type: 'image/jpeg', quality: this.quality });
    if (blob.type !== 'image/jpeg') throw new Error('this browser cannot write JPEG');
    return blob.arrayBuffer();
  }
}
