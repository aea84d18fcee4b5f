// What is saved is the frame that was inferred, with its own boxes; collected frames are a COCO data set.
import { readFileSync } from 'node:fs';
import { strFromU8, unzipSync } from 'fflate';
import type { Download, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Detection } from '../src/protocol/messages';
import { labelColour } from '../src/viewer/colours';
import type { Coco } from '../src/viewer/snapshot/coco';
import type { CollectedFrame, SavedFrame } from '../src/viewer/snapshot/frame';
import { decodeCounter } from './harness/counter';
import { missing } from './harness/faults';
import { cellsOfPictures, outlinesIn } from './harness/in-page';
import { openLens, openPhone, openViewer, takeTroubles, type Watched } from './harness/pages';
import { jpegSize } from './harness/relay';
import { type Session, startSession } from './harness/session';
import { untilBoxes } from './harness/trouble';
import { until } from './harness/until';
import {
  joinLink,
  paintedCount,
  paintedSince,
  SERVER_AWAY,
  switchOverlay,
  untilPainted,
  untilText,
} from './harness/viewer';

type Files = Record<string, Uint8Array>;
type FrameJson = SavedFrame & { model: string; threshold: number; hidden_labels: string[] };

let session: Session;
let viewer: Watched;
let phone: Watched;
let lens: Page;

beforeAll(async () => {
  session = await startSession('people.mjpeg');
  lens = await openLens(session.laptop);
  viewer = await openViewer(session.laptop, `${session.relay.url}?overlay=exact&threads=1`);
});

afterAll(() => session?.end());

async function filesOf(download: Download): Promise<Files> {
  return unzipSync(readFileSync(await download.path()));
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const json = <T>(files: Files, name: string): T => JSON.parse(strFromU8(files[name] as Uint8Array));

async function countersIn(pictures: Uint8Array[]): Promise<(number | null)[]> {
  return (await lens.evaluate(cellsOfPictures, pictures.map(base64))).map(decodeCounter);
}

/** The counters in the pictures that the server was sent. */
const sentCounters = (frames: SavedFrame[]) =>
  countersIn(frames.map(({ result }) => session.relay.frames.get(result.frame_id)?.jpeg as Buffer));

async function saveFrame(): Promise<{ told: FrameJson; png: Uint8Array }> {
  const download = viewer.page.waitForEvent('download');
  await viewer.page.keyboard.press('i');
  const files = await filesOf(await download);
  const name = (await download).suggestedFilename().replace(/\.zip$/, '');
  expect(Object.keys(files)).toEqual([`${name}.png`, `${name}.json`]);
  const told = json<FrameJson>(files, `${name}.json`);
  expect(told.file_name).toBe(`${name}.png`);
  return { told, png: files[`${name}.png`] as Uint8Array };
}

/** The share of each detection's outline that has its label's colour, moved by so many pixels. */
const outlines = (png: Uint8Array, detections: Detection[], moved = 0) => {
  const boxes = detections.map((detection) => ({ ...detection, fill: labelColour(detection.label).fill }));
  return lens.evaluate(outlinesIn, { png: base64(png), boxes, moved });
};

const mean = (shares: number[]) => shares.reduce((sum, share) => sum + share, 0) / shares.length;

const setConfidence = (value: string) => viewer.page.locator('#confidence').fill(value);

test('without a video there is nothing to save, and the page says so', async () => {
  const { page } = viewer;
  await page.locator('#save-frame').click();
  await untilText(page, '#snapshot-note', /nothing is being detected/);
  phone = await openPhone(session.phones, await joinLink(page));
  await untilPainted(page, 5);
});

test.each(['live', 'exact'] as const)(
  'a saved frame is the inferred one with its boxes: %s',
  async (overlay) => {
    const { page } = viewer;
    await switchOverlay(page, overlay);
    await untilPainted(page, 3);
    const { told, png, shown } = await until('a frame with boxes and a readable counter', async () => {
      const saved = await saveFrame();
      const boxes = saved.told.result.detections.filter(({ score }) => score >= saved.told.threshold);
      const [inPng] = await countersIn([saved.png]);
      const [sent] = await sentCounters([saved.told]);
      if (boxes.length === 0 || inPng === null || sent === null) return null;
      expect(inPng, 'the picture is the one that was sent for this result').toBe(sent);
      return { ...saved, shown: boxes };
    });
    expect(told).toMatchObject({
      width: 640,
      height: 480,
      mode: 'server',
      threshold: 0.5,
      hidden_labels: [],
    });
    expect(told.model).toBe('ssdlite_mobilenet_v2_coco');
    const painted = (await paintedSince(page, 0)).find(
      ({ result }) => result.frame_id === told.result.frame_id,
    );
    expect(told.result).toEqual(painted?.result);
    const shares = await outlines(png, shown);
    // Other boxes and their labels may lie over a part of a small one.
    expect(Math.min(...shares)).toBeGreaterThan(0.4);
    expect(mean(shares)).toBeGreaterThan(0.85);
    expect(mean(await outlines(png, shown, 9)), 'the check can fail').toBeLessThan(0.4);
  },
);

test('a saved frame has no box that the page does not show', async () => {
  const { page } = viewer;
  await setConfidence('0.99');
  const { told, png, hidden } = await until('a frame with something to hide', async () => {
    const saved = await saveFrame();
    const hidden = saved.told.result.detections.filter(({ score }) => score < 0.99);
    return hidden.length > 0 && { ...saved, hidden };
  });
  await setConfidence('0.5');
  expect(told).toMatchObject({ threshold: 0.99 });
  expect(mean(await outlines(png, hidden))).toBeLessThan(0.2);
  expect(await page.locator('#snapshot-note').innerText()).toMatch(/^Saved as sightline-frame-.*\.zip\.$/);
});

test('without its server the page says what is missing, and collects once it is back', async () => {
  const { page } = viewer;
  session.relay.faults.add(/assets\/collection-.*\.js/, missing);
  await page.locator('#collect').click();
  await untilText(page, '#snapshot-note', /Nothing was collected: .*is the server there\?/);
  session.relay.faults.mend();
  expect(takeTroubles(viewer, SERVER_AWAY)).toEqual([]);
});

/** Collects so many frames at least, and tells what the page said of them. */
async function collect(least: number): Promise<string> {
  const { page } = viewer;
  await page.keyboard.press('k');
  // Until then the count is that of the last ones.
  await untilText(page, '#snapshot-note', /^Collecting/);
  await until(`${least} frames are collected`, async () => {
    const text = await page.locator('#collect-count').innerText();
    return Number.parseInt(text, 10) >= least;
  });
  await page.locator('#collect').click();
  await untilText(page, '#snapshot-note', /^Not saved yet/);
  return page.locator('#collect-count').innerText();
}

async function saveCollected(): Promise<Files> {
  const download = viewer.page.waitForEvent('download');
  await viewer.page.locator('#save-collected').click();
  expect((await download).suggestedFilename()).toMatch(/^sightline-frames-[\dTZ-]+\.zip$/);
  return filesOf(await download);
}

const framesIn = (files: Files): CollectedFrame[] =>
  strFromU8(files['frames.jsonl'] as Uint8Array)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

const jpegsIn = (files: Files, frames: CollectedFrame[]): Uint8Array[] =>
  frames.map(({ file_name }) => files[`images/${file_name}`] as Uint8Array);

/** Every detection of the lines is an annotation, in their order and where they say. */
function expectSameDetections(coco: Coco, frames: CollectedFrame[]): void {
  const names = new Map(coco.categories.map(({ id, name }) => [id, name]));
  const said = frames.flatMap(({ image_id, width, height, result }) =>
    result.detections.map(({ label, score, xmin, ymin, xmax, ymax }) => ({
      image_id,
      label,
      score,
      box: [xmin * width, ymin * height, (xmax - xmin) * width, (ymax - ymin) * height],
    })),
  );
  expect(coco.annotations).toHaveLength(said.length);
  expect(said.length).toBeGreaterThan(0);
  for (const [at, { image_id, label, score, box }] of said.entries()) {
    const annotation = coco.annotations[at];
    expect(annotation).toMatchObject({ id: at + 1, image_id, score, iscrowd: 0 });
    expect(names.get(annotation?.category_id ?? -1)).toBe(label);
    for (const [side, value] of box.entries()) {
      expect(Math.abs((annotation?.bbox[side] as number) - value)).toBeLessThan(0.02);
    }
  }
}

test('collected frames are the inferred ones, as a COCO data set', async () => {
  const { page } = viewer;
  const said = await collect(12);
  const files = await saveCollected();
  await untilText(page, '#snapshot-note', /^Saved as a zip/);
  const frames = framesIn(files);
  const coco = json<Coco>(files, 'annotations.json');
  expect(said).toMatch(new RegExp(`^${frames.length} frames, \\d+\\.\\d of 200 MB`));
  expect(frames.map(({ image_id }) => image_id)).toEqual(frames.map((_, at) => at + 1));
  expect(coco.images.map(({ id, file_name }) => [id, file_name])).toEqual(
    frames.map(({ image_id, file_name }) => [image_id, file_name]),
  );
  const jpegs = jpegsIn(files, frames);
  for (const [at, jpeg] of jpegs.entries()) {
    const { width, height } = coco.images[at] ?? {};
    expect(jpegSize(Buffer.from(jpeg))).toEqual({ width, height });
    expect(width).toBe(640);
  }
  expectSameDetections(coco, frames);
  // COCO's own numbers, which have gaps.
  const ids = new Map(coco.categories.map(({ id, name }) => [name, id]));
  expect(['person', 'stop sign', 'toothbrush'].map((name) => ids.get(name))).toEqual([1, 13, 90]);
  expect(new Set(frames.map(({ mode }) => mode))).toEqual(new Set(['server']));
  expect(strFromU8(files['README.txt'] as Uint8Array)).toMatch(/not ground truth/);

  const [kept, sent] = await Promise.all([countersIn(jpegs), sentCounters(frames)]);
  const readable = kept.flatMap((counter, at) =>
    counter !== null && sent[at] !== null ? [[counter, sent[at]]] : [],
  );
  expect(readable.length).toBeGreaterThan(frames.length / 2);
  for (const [mine, theirs] of readable) expect(mine).toBe(theirs);
  expect(new Set(readable.map(([mine]) => mine)).size, 'the clip moves').toBeGreaterThan(5);
});

test('in the browser’s own mode, too', async () => {
  const { page } = viewer;
  await page.keyboard.press('b');
  await untilBoxes(page, 'wasm');
  const from = await paintedCount(page);
  await collect(6);
  const files = await saveCollected();
  const frames = framesIn(files);
  expect(new Set(frames.map(({ mode }) => mode))).toEqual(new Set(['wasm']));
  expectSameDetections(json<Coco>(files, 'annotations.json'), frames);
  const painted = new Map((await paintedSince(page, from)).map((each) => [each.result.frame_id, each]));
  const counters = await countersIn(jpegsIn(files, frames));
  let readable = 0;
  for (const [at, { result }] of frames.entries()) {
    const shown = painted.get(result.frame_id);
    expect(shown?.result).toEqual(result);
    if (counters[at] === null || shown?.counter === null) continue;
    expect(counters[at]).toBe(shown?.counter);
    readable += 1;
  }
  expect(readable, 'some counters can be read').toBeGreaterThan(0);
});

test('frames that are not saved are not closed away by mistake, but thrown away when asked', async () => {
  const { page } = viewer;
  await collect(2);
  const asked = page.waitForEvent('dialog');
  await page.evaluate(() => setTimeout(() => location.reload()));
  const dialog = await asked;
  expect(dialog.type()).toBe('beforeunload');
  await dialog.dismiss();
  await page.keyboard.press('k');
  await untilText(page, '#snapshot-note', /^Save or discard the collected frames first/);
  await page.locator('#discard-collected').click();
  expect(await page.locator('#collected').isVisible()).toBe(false);
  expect(await page.locator('#snapshot-note').innerText()).toBe('');
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('collect');
});

test('nothing went wrong on either page, and nothing was asked of another server', () => {
  expect(takeTroubles(viewer)).toEqual([]);
  expect(takeTroubles(phone)).toEqual([]);
});
