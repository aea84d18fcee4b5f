// Pictures as a video's decoder leaves them: a fresh frame of them can be made for every measurement, so
// that none is drawn from what the browser kept of an earlier one.

export type Yuv = { bytes: ArrayBuffer; init: VideoFrameBufferInit };

export async function yuvOf(jpeg: Uint8Array<ArrayBuffer>): Promise<Yuv> {
  const decoder = new ImageDecoder({ data: jpeg, type: 'image/jpeg' });
  const { image } = await decoder.decode();
  const { format, codedWidth, codedHeight, timestamp } = image;
  if (format !== 'I420')
    throw new Error(`the browser decodes the clip to ${format}, not to I420 as video is`);
  const bytes = new ArrayBuffer(image.allocationSize());
  const layout = await image.copyTo(bytes);
  image.close();
  decoder.close();
  return { bytes, init: { format, codedWidth, codedHeight, timestamp, layout } };
}
