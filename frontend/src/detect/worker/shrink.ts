// Pictures made as small as the detector is given them, on a canvas that is kept.
import type { Picture } from '../messages';
import { pictureSize, type Size } from '../picture';

/**
 * The size to detect on: the aspect ratio kept, inside the box (turned for an upright picture), both sides even
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

export class Shrinker {
  readonly canvas = new OffscreenCanvas(2, 2);
  private readonly context: OffscreenCanvasRenderingContext2D;

  constructor(private readonly box: Size) {
    // The pixels are read back for every frame: a canvas in ordinary memory is quicker than one on the GPU.
    const context = this.canvas.getContext('2d', { alpha: false, willReadFrequently: true });
    if (!context) throw new Error('this browser has no 2D canvas in workers');
    this.context = context;
    context.imageSmoothingQuality = 'medium';
  }

  draw(picture: Picture): void {
    const { canvas, context } = this;
    const { width, height } = fitInside(pictureSize(picture), this.box);
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    context.drawImage(picture, 0, 0, width, height);
  }

  pixels(): ImageData {
    return this.context.getImageData(0, 0, this.canvas.width, this.canvas.height);
  }
}
