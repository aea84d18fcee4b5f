// Runs inside the viewer page. Each function is sent as text, so it uses nothing from outside itself.
import type { DetectionResult } from '../../src/protocol/messages';
import type { Handles } from '../../src/viewer/viewer';

export type Painted = {
  result: DetectionResult;
  cells: number[];
  at: number;
  /** Results so far by the page's own count, which begins anew with every detector. */
  answered: number;
  /** Whose results those are, as the page knows. */
  engine: string | null;
};

export type Drawing = {
  overlay: string;
  canvas: { width: number; height: number };
  /** Per detection that should be drawn: the share of its outline that is. */
  outlines: number[];
  /** The same for outlines a few pixels away, where nothing should be: it shows that the check can fail. */
  movedOutlines: number[];
  /** Pixels changed by the drawing that belong to no outline and no label. */
  strayPixels: number;
  changedPixels: number;
};

type Tools = {
  painted: Painted[];
  /** Screen refreshes that showed a new painting: of two between them only the second is seen. */
  shown: number;
  cells: (context: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D, picture: Box) => number[];
  /** What the next painting with detections draws. */
  drawing: () => Promise<Drawing>;
};

type Box = { x: number; y: number; width: number; height: number };

declare global {
  interface Window {
    /** As src/viewer/main.ts declares it. */
    sightline: Handles;
    e2e: Tools;
  }
}

/** Puts `window.e2e` into a page and notes every painting from the first on. */
export function install(): void {
  const EDGE = 3;
  const AWAY = 9;

  /** Median brightness of the inner half of each of the sixteen counter cells. */
  const cells: Tools['cells'] = (context, { x, y, width, height }) => {
    const strip = height / 30;
    const top = Math.round(y + height - 0.75 * strip);
    const rows = Math.max(1, Math.round(strip / 2));
    return Array.from({ length: 16 }, (_, cell) => {
      const left = Math.round(x + ((cell + 0.25) * width) / 16);
      const columns = Math.max(1, Math.round(width / 32));
      const { data } = context.getImageData(left, top, columns, rows);
      const levels: number[] = [];
      for (let at = 0; at < data.length; at += 4) {
        levels.push(((data[at] as number) + (data[at + 1] as number) + (data[at + 2] as number)) / 3);
      }
      return levels.sort((a, b) => a - b)[levels.length >> 1] as number;
    });
  };

  /** What plays on the stage: the video, or pictures that come through the server. */
  const playing = (): { width: number; height: number } => {
    const { width, height } = document.querySelector('#relayed') as HTMLCanvasElement;
    if (document.querySelector<HTMLElement>('#stage')?.dataset.source === 'relay') return { width, height };
    const { videoWidth, videoHeight } = document.querySelector('#video') as HTMLVideoElement;
    return { width: videoWidth, height: videoHeight };
  };
  const overlay = () => document.querySelector('#overlay') as HTMLCanvasElement;
  const contextOf = (canvas: HTMLCanvasElement) => canvas.getContext('2d') as CanvasRenderingContext2D;

  /** Where object-fit puts it on the canvas. */
  const contentBox = (canvas: HTMLCanvasElement): Box => {
    const size = playing();
    const scales = [canvas.width / size.width, canvas.height / size.height];
    const cover = document.querySelector<HTMLElement>('#stage')?.dataset.fit === 'cover';
    const scale = cover ? Math.max(...scales) : Math.min(...scales);
    const [width, height] = [size.width * scale, size.height * scale];
    return { x: (canvas.width - width) / 2, y: (canvas.height - height) / 2, width, height };
  };

  /** Which pixels the drawing of boxes changes: the canvas as it is against the canvas with every box hidden. */
  const changes = (canvas: HTMLCanvasElement): Uint8Array => {
    const slider = document.querySelector('#confidence') as HTMLInputElement;
    const pixels = () => contextOf(canvas).getImageData(0, 0, canvas.width, canvas.height).data;
    const set = (value: string) => {
      slider.value = value;
      slider.dispatchEvent(new Event('input', { bubbles: true }));
    };
    const before = slider.value;
    const drawn = pixels();
    set(slider.max);
    const bare = pixels();
    set(before);
    const mask = new Uint8Array(canvas.width * canvas.height);
    for (let at = 0; at < mask.length; at++) {
      let difference = 0;
      for (let part = 4 * at; part < 4 * at + 4; part++) {
        difference = Math.max(difference, Math.abs((drawn[part] as number) - (bare[part] as number)));
      }
      mask[at] = Number(difference > 12);
    }
    return mask;
  };

  const boxOf = (detection: DetectionResult['detections'][number], content: Box): Box => ({
    x: content.x + detection.xmin * content.width,
    y: content.y + detection.ymin * content.height,
    width: (detection.xmax - detection.xmin) * content.width,
    height: (detection.ymax - detection.ymin) * content.height,
  });

  /** The share of a box's outline, walked pixel by pixel inside the canvas, that was drawn. */
  const outlineShare = (box: Box, canvas: HTMLCanvasElement, mask: Uint8Array): number => {
    const inside = (x: number, y: number) =>
      x >= 1 && y >= 1 && x < canvas.width - 1 && y < canvas.height - 1;
    let [seen, hit] = [0, 0];
    const look = (x: number, y: number) => {
      if (!inside(x, y)) return;
      seen += 1;
      hit += mask[Math.floor(y) * canvas.width + Math.floor(x)] as number;
    };
    for (let along = 0; along <= box.width; along++) {
      look(box.x + along, box.y);
      look(box.x + along, box.y + box.height);
    }
    for (let along = 0; along <= box.height; along++) {
      look(box.x, box.y + along);
      look(box.x + box.width, box.y + along);
    }
    return seen === 0 ? 1 : hit / seen;
  };

  const within = (box: Box, x: number, y: number, more: number) =>
    x >= box.x - more && y >= box.y - more && x <= box.x + box.width + more && y <= box.y + box.height + more;

  const onOutline = (box: Box, x: number, y: number, reach: number) =>
    within(box, x, y, reach) && !within(box, x, y, -reach);

  /** Labels are one line of text along a box's upper or lower edge, pushed inwards at the picture's border. */
  const nearLabel = (box: Box, x: number, y: number, ratio: number) =>
    [Math.max(box.y, 0), box.y + box.height].some((edge) => Math.abs(y - edge) <= 20 * ratio) &&
    Math.abs(x - box.x) <= 130 * ratio;

  const measure = (result: DetectionResult): Drawing | null => {
    const canvas = overlay();
    const threshold = Number((document.querySelector('#confidence') as HTMLInputElement).value);
    const shown = result.detections.filter(({ score }) => score >= threshold);
    if (shown.length === 0) return null;
    const content = contentBox(canvas);
    const boxes = shown.map((detection) => boxOf(detection, content));
    const mask = changes(canvas);
    const ratio = devicePixelRatio;
    let [stray, changed] = [0, 0];
    for (let at = 0; at < mask.length; at++) {
      if (!mask[at]) continue;
      changed += 1;
      const [x, y] = [at % canvas.width, Math.floor(at / canvas.width)];
      const known = boxes.some(
        (box) => onOutline(box, x, y, EDGE * ratio + 1) || nearLabel(box, x, y, ratio),
      );
      if (!known) stray += 1;
    }
    return {
      overlay: document.querySelector<HTMLElement>('#stage')?.dataset.overlay ?? '',
      canvas: { width: canvas.width, height: canvas.height },
      outlines: boxes.map((box) => outlineShare(box, canvas, mask)),
      movedOutlines: boxes.map((box) =>
        outlineShare({ ...box, x: box.x + AWAY, y: box.y + AWAY }, canvas, mask),
      ),
      strayPixels: stray,
      changedPixels: changed,
    };
  };

  let waiting: ((drawing: Drawing) => void) | undefined;
  const drawing = () =>
    new Promise<Drawing>((resolve) => {
      waiting = resolve;
    });

  const painted: Painted[] = [];
  window.e2e = { painted, shown: 0, cells, drawing };
  let refreshDue = false;
  const refreshed = () => {
    refreshDue = false;
    window.e2e.shown += 1;
  };
  window.addEventListener(
    'sightline:painted',
    (event) => {
      const { detail: result } = event as CustomEvent<DetectionResult>;
      const canvas = overlay();
      // A new track's frames can be painted before the video element knows its size.
      const seen = playing().width > 0 ? cells(contextOf(canvas), contentBox(canvas)) : [];
      const { frames, engine } = window.sightline.state();
      painted.push({ result, cells: seen, at: performance.now(), answered: frames.answered, engine });
      if (!refreshDue) requestAnimationFrame(refreshed);
      refreshDue = true;
      const found = waiting ? measure(result) : null;
      if (!found) return;
      waiting?.(found);
      waiting = undefined;
    },
    true,
  );
}

/** The counter cells of pictures (base64), read in any page that has the tools. */
export async function cellsOfPictures(pictures: string[]): Promise<number[][]> {
  const read = async (picture: string) => {
    const bytes = Uint8Array.from(atob(picture), (char) => char.charCodeAt(0));
    const { width, height } = await createImageBitmap(new Blob([bytes]));
    const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
    if (!context) throw new Error('no canvas');
    context.drawImage(await createImageBitmap(new Blob([bytes])), 0, 0);
    return window.e2e.cells(context, { x: 0, y: 0, width, height });
  };
  return Promise.all(pictures.map(read));
}

/** A picture's pixels, RGBA, as base64. */
export async function pixelsOfPicture(
  picture: string,
): Promise<{ width: number; height: number; data: number[] }> {
  const bytes = Uint8Array.from(atob(picture), (char) => char.charCodeAt(0));
  const bitmap = await createImageBitmap(new Blob([bytes]));
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext('2d');
  if (!context) throw new Error('no canvas');
  context.drawImage(bitmap, 0, 0);
  return { width, height, data: Array.from(context.getImageData(0, 0, width, height).data) };
}

/** A phone held upright: what its camera sees is cut to the middle and turned into a tall picture, or not. */
export function holdPhone(): void {
  const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  const canvas = document.createElement('canvas');
  const hold = (upright: boolean) =>
    Object.assign(canvas, upright ? { width: 480, height: 640 } : { width: 640, height: 480 });
  hold(false);
  Object.assign(window, { hold });
  navigator.mediaDevices.getUserMedia = async (wishes) => {
    const eye = document.createElement('video');
    eye.muted = true;
    eye.srcObject = await real(wishes);
    await eye.play();
    const draw = () => {
      const wide = Math.min(eye.videoWidth, (eye.videoHeight * canvas.width) / canvas.height);
      const left = (eye.videoWidth - wide) * 0.75;
      canvas
        .getContext('2d')
        ?.drawImage(eye, left, 0, wide, eye.videoHeight, 0, 0, canvas.width, canvas.height);
      eye.requestVideoFrameCallback(draw);
    };
    draw();
    return canvas.captureStream(30);
  };
}

/** The share of each box's outline, moved by so many pixels both ways, that has the box's colour in the picture. */
export async function outlinesIn(drawn: {
  png: string;
  boxes: { xmin: number; ymin: number; xmax: number; ymax: number; fill: string }[];
  moved: number;
}): Promise<number[]> {
  const bytes = Uint8Array.from(atob(drawn.png), (char) => char.charCodeAt(0));
  const bitmap = await createImageBitmap(new Blob([bytes]));
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext('2d');
  if (!context) throw new Error('no canvas');
  context.drawImage(bitmap, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  const hasColour = (x: number, y: number, [red, green, blue]: number[]) => {
    const at = 4 * (Math.floor(y) * width + Math.floor(x));
    const differences = [red, green, blue].map((part = 0, channel) =>
      Math.abs((data[at + channel] as number) - part),
    );
    return Math.max(...differences) < 64;
  };
  return drawn.boxes.map(({ xmin, ymin, xmax, ymax, fill }) => {
    const colour = (fill.match(/\d+/g) ?? []).map(Number);
    const [left, right] = [xmin * width + drawn.moved, xmax * width + drawn.moved];
    const [top, bottom] = [ymin * height + drawn.moved, ymax * height + drawn.moved];
    let [seen, hit] = [0, 0];
    const look = (x: number, y: number) => {
      if (x < 1 || y < 1 || x >= width - 1 || y >= height - 1) return;
      seen += 1;
      hit += Number(hasColour(x, y, colour));
    };
    for (let x = left; x <= right; x++) for (const y of [top, bottom]) look(x, y);
    for (let y = top; y <= bottom; y++) for (const x of [left, right]) look(x, y);
    return seen === 0 ? 1 : hit / seen;
  });
}
