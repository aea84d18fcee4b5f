// Turns pictures into files, away from the page's main thread and from the detector's.
import type { Picture } from '../../../detect/messages';
import { pictureSize } from '../../../detect/picture';
import { words } from '../../../errors';
import type { Detection } from '../../../protocol/messages';
import { paintDetections } from '../../painter';
import type { Encoded, FromEncoder, ToEncoder } from '../messages';

declare const self: DedicatedWorkerGlobalScope;

/** Hardly to be told from the picture, and a fifth of a PNG's size. */
const JPEG_QUALITY = 0.9;

const canvas = new OffscreenCanvas(2, 2);
// Read back every time: a canvas in ordinary memory is quicker than one on the GPU.
const context = canvas.getContext('2d', { alpha: false, willReadFrequently: true });

async function encode(picture: Picture, boxes: readonly Detection[] | null): Promise<Encoded> {
  if (!context) throw new Error('this browser has no 2D canvas in workers');
  const { width, height } = pictureSize(picture);
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  context.drawImage(picture, 0, 0, width, height);
  const content = { x: 0, y: 0, width, height };
  if (boxes) paintDetections({ context, detections: boxes, content, scale: 1 });
  const type = boxes ? 'image/png' : 'image/jpeg';
  const file = await canvas.convertToBlob({ type, quality: JPEG_QUALITY });
  // A browser that does not know a type writes another one.
  if (file.type !== type) throw new Error(`this browser cannot write ${type}`);
  return { bytes: await file.arrayBuffer(), width, height };
}

const tell = (message: FromEncoder, transfer: Transferable[] = []) => self.postMessage(message, transfer);

self.onmessage = async ({ data: { id, picture, boxes } }: MessageEvent<ToEncoder>) => {
  try {
    const encoded = await encode(picture, boxes);
    tell({ id, encoded }, [encoded.bytes]);
  } catch (error) {
    tell({ id, error: words(error) });
  } finally {
    picture.close();
  }
};
