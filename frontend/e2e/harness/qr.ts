// Reads the QR as a phone's camera would: from the pixels on the screen.
import jsqr from 'jsqr';
import type { Browser, Page } from 'playwright-core';
import { pixelsOfPicture } from './in-page';
import { openLens } from './pages';

// jsqr is CommonJS: its function is the default export of its default export.
const decodeQr = ((jsqr as unknown as { default?: typeof jsqr }).default ?? jsqr) as typeof jsqr;

export async function qrText(browser: Browser, page: Page): Promise<string> {
  const png = (await page.locator('#qr').screenshot()).toString('base64');
  const lens = await openLens(browser);
  const { data, width, height } = await lens.evaluate(pixelsOfPicture, png);
  await lens.close();
  return decodeQr(Uint8ClampedArray.from(data), width, height)?.data ?? 'no QR found in the picture';
}
