// What tests ask a viewer page.
import type { Page } from 'playwright-core';
import { decodeCounter } from './counter';
import type { Painted } from './in-page';
import { until } from './until';

/** A page that can be asked, whatever drives its browser. */
export type Asked = { evaluate: Page['evaluate'] };

export type Seen = Painted & { counter: number | null };

export const paintedCount = (page: Asked): Promise<number> =>
  page.evaluate(() => window.e2e?.painted.length ?? 0);

/** Everything painted since the given number of paintings. */
export async function paintedSince(page: Asked, from: number): Promise<Seen[]> {
  const painted = await page.evaluate((start) => window.e2e.painted.slice(start), from);
  return painted.map((each) => ({ ...each, counter: decodeCounter(each.cells) }));
}

/** Waits for this many further paintings. */
export async function untilPainted(page: Asked, more: number, bound = 90_000): Promise<void> {
  const before = await paintedCount(page);
  await until(`${more} more paintings`, async () => (await paintedCount(page)) >= before + more, bound);
}

export const textOf = (page: Page, selector: string): Promise<string> =>
  page.locator(selector).first().innerText({ timeout: 30_000 });

export const untilText = (page: Asked, selector: string, pattern: RegExp, bound = 60_000): Promise<string> =>
  until(
    `${selector} says ${pattern}`,
    async () => {
      const text = await page.evaluate(
        (at) => document.querySelector<HTMLElement>(at)?.innerText ?? '',
        selector,
      );
      return pattern.test(text) ? text : null;
    },
    bound,
  );

export const joinLink = (page: Asked): Promise<string> =>
  until('the viewer has a link for phones', () =>
    page.evaluate(() => document.querySelector<HTMLAnchorElement>('#join-link')?.href || null),
  );

export async function switchOverlay(page: Page, overlay: 'exact' | 'live'): Promise<void> {
  await page.keyboard.press(overlay === 'exact' ? 'e' : 'l');
  await until(`the overlay is ${overlay}`, () =>
    page.evaluate((wanted) => window.sightline.state().overlay === wanted, overlay),
  );
}

export const stateOf = (page: Asked) => page.evaluate(() => window.sightline.state());

/** Results on screen per second, over this many of them. */
export async function paintedRate(page: Page, results: number): Promise<number> {
  const from = await paintedCount(page);
  await untilPainted(page, results + 1);
  const times = (await paintedSince(page, from)).map(({ at }) => at);
  const [first = Number.NaN, last = Number.NaN] = [times[0], times.at(-1)];
  return ((times.length - 1) * 1000) / (last - first);
}

/** What the browser itself logs while the server is away, or no longer knows the room. */
export const SERVER_AWAY = [/Failed to load resource/, /WebSocket connection to .* failed/, /ERR_/];
