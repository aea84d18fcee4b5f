// Runs inside a phone's page, in place of its camera: sent as text, so it uses nothing from outside itself.

/** A camera that shows a clip (MJPEG, base64), over and over, for browsers whose own fake one plays no files. */
export function filmClip(clip: string): void {
  // Before its first address a page is nobody's, and has no camera.
  if (!navigator.mediaDevices) return;
  const FRAME_MS = 1000 / 30;
  const bytes = Uint8Array.from(atob(clip), (char) => char.charCodeAt(0));
  const starts: number[] = [];
  for (let at = 0; at + 1 < bytes.length; at++) {
    // Every picture begins with this marker; inside of one, FF is never followed by D8.
    if (bytes[at] === 0xff && bytes[at + 1] === 0xd8) starts.push(at);
  }
  const pictures = starts.map((start, index) => new Blob([bytes.subarray(start, starts[index + 1])]));
  navigator.mediaDevices.getUserMedia = async () => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 480 });
    const context = canvas.getContext('2d', { alpha: false });
    const begun = performance.now();
    let drawing = false;
    const draw = async () => {
      if (drawing) return;
      drawing = true;
      const index = Math.floor((performance.now() - begun) / FRAME_MS) % pictures.length;
      const picture = await createImageBitmap(pictures[index] as Blob);
      context?.drawImage(picture, 0, 0);
      picture.close();
      drawing = false;
    };
    await draw();
    setInterval(draw, FRAME_MS);
    return canvas.captureStream(30);
  };
}
