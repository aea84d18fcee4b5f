// A picture's pixels, not much larger than the detector needs them.
import type { Picture } from '../../messages';
import { halveDownTo } from '../../model/halve';
import { pictureSize, type Size } from '../../picture';
import { fitInside, Shrinker } from '../shrink';

export type Pixels = { data: Uint8ClampedArray; width: number; height: number };

export class PixelReader {
  /** Only for pictures that cannot be copied. */
  private shrinker: Shrinker | null = null;
  private buffer = new ArrayBuffer(0);

  constructor(private readonly box: Size) {}

  /** The pixels stay valid until the next call. */
  async read(picture: Picture): Promise<Pixels> {
    if (canCopy(picture)) return this.copy(picture);
    this.shrinker ??= new Shrinker(this.box);
    this.shrinker.draw(picture);
    return this.shrinker.pixels();
  }

  /** Without a canvas: several times quicker. */
  private async copy(frame: VideoFrame): Promise<Pixels> {
    const size = pictureSize(frame);
    const bytes = 4 * size.width * size.height;
    if (this.buffer.byteLength !== bytes) this.buffer = new ArrayBuffer(bytes);
    await frame.copyTo(this.buffer, { format: 'RGBA' });
    const pixels = new Uint32Array(this.buffer);
    const { width, height } = halveDownTo({ pixels, ...size }, fitInside(size, this.box));
    return { data: new Uint8ClampedArray(this.buffer, 0, 4 * width * height), width, height };
  }
}

/** A copy is of the stored pixels: a frame that is turned or scaled for display must be drawn. */
function canCopy(picture: Picture): picture is VideoFrame {
  if (!('copyTo' in picture)) return false;
  const { visibleRect, displayWidth, displayHeight } = picture;
  const { rotation = 0, flip = false } = picture as { rotation?: number; flip?: boolean };
  const asStored = visibleRect?.width === displayWidth && visibleRect.height === displayHeight;
  return asStored && rotation === 0 && !flip && knowsRgba(picture);
}

/** Browsers that cannot convert say so, or give the size of another format. */
function knowsRgba(frame: VideoFrame): boolean {
  try {
    return frame.allocationSize({ format: 'RGBA' }) === 4 * frame.displayWidth * frame.displayHeight;
  } catch {
    return false;
  }
}
