// A detector in the page that cannot work: what every such case owes to people.
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import type { BrowserEngine, Engine } from '../../src/detect/messages';
import { type OpenOptions, openPhone, openViewer, type Watched } from './pages';
import type { Session } from './session';
import { untilState } from './state';
import { until } from './until';
import { joinLink, textOf, untilPainted, untilText } from './viewer';

/** What the browser, ONNX Runtime and the page log when files do not come as they should. */
export const BAD_FILES = [
  /Failed to load resource/,
  /CompileError: WebAssembly/,
  /the detector in this browser could not start/,
];

/** A viewer through the relay, in a context of its own with nothing cached, and a phone in its room. */
export async function openTogether(
  { relay, laptop, phones }: Omit<Session, 'server' | 'end'>,
  query: string,
  phoneOptions: OpenOptions = {},
): Promise<{ viewer: Watched; phone: Watched }> {
  const viewer = await openViewer(laptop, `${relay.url}?${query}`);
  const phone = await openPhone(phones, await joinLink(viewer.page), phoneOptions);
  return { viewer, phone };
}

const framesShown = (page: Page): Promise<number> =>
  page.evaluate(
    () => document.querySelector<HTMLVideoElement>('#video')?.getVideoPlaybackQuality().totalVideoFrames ?? 0,
  );

async function untilVideoPlays(page: Page, frames: number): Promise<void> {
  const before = await framesShown(page);
  await until(`${frames} more frames of the video`, async () => (await framesShown(page)) >= before + frames);
}

/** The line is there and stays, nothing turns for ever, there is a way back, and the video plays on. */
export async function untilTold(page: Page, pattern: RegExp, bound = 60_000): Promise<void> {
  await untilText(page, '#detector-problem-text', pattern, bound);
  // Longer than the worker needs to speak again, and so to talk over it.
  await untilVideoPlays(page, 45);
  expect(await textOf(page, '#detector-problem-text')).toMatch(pattern);
  expect(await page.locator('#detector-problem').isVisible()).toBe(true);
  expect(await page.locator('#retry').isVisible(), 'a way back is offered').toBe(true);
  expect(await page.locator('#loading').isVisible(), 'nothing pretends to load').toBe(false);
  await untilState(page, { connection: 'live' });
}

/** Boxes come by this engine, and the page complains of nothing. */
export async function untilBoxes(page: Page, engine: Engine, paintings = 3): Promise<void> {
  // First the engine: what is painted before it is ready may still be another one's.
  await untilState(page, { engine, detector: { kind: 'ready' } });
  await untilPainted(page, paintings);
  await until('the complaint is gone', async () => !(await page.locator('#detector-problem').isVisible()));
}

export async function retry(page: Page, engine: BrowserEngine = 'wasm'): Promise<void> {
  await page.locator('#retry').click();
  await untilBoxes(page, engine);
}
