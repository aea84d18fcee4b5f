// Pages of browsers that Puppeteer drives, under the same watch as Playwright's.
import type { Browser, BrowserContext, Page } from 'puppeteer-core';
import { checkOrigin, isTrouble, type Kept, keepWatch, noteSeats } from './pages';
import type { Asked } from './viewer';

export type PuppetPage = Kept & {
  page: Page;
  /** The same, for what is asked of any browser's page. */
  asked: Asked;
  context: BrowserContext;
  troubles: string[];
};

export type PuppetOptions = {
  /** Runs before the page's own scripts, with this. */
  init?: (given: string) => void;
  given?: string;
};

/** A fresh context (its own storage) with one page, which is watched before it loads anything. */
export async function openPuppet(
  browser: Browser,
  name: string,
  url: string,
  { init, given = '' }: PuppetOptions = {},
): Promise<PuppetPage> {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  const watched: PuppetPage = { name, page, asked: page as Asked, context, log: [], troubles: [] };
  page.once('close', keepWatch(watched));
  watch(watched);
  await page.evaluateOnNewDocument(tellViolations);
  if (init) await page.evaluateOnNewDocument(init, given);
  await page.goto(url, { waitUntil: 'domcontentloaded' });
  return watched;
}

function watch({ page, log, troubles }: PuppetPage): void {
  const trouble = (text: string) => {
    troubles.push(text);
    log.push(`TROUBLE ${text}`);
  };
  page.on('console', (message) => {
    const text = `${message.type()}: ${message.text()} (${message.location().url})`;
    if (isTrouble(message.type(), text)) trouble(text);
    else log.push(text);
  });
  page.on('pageerror', (error) => trouble(`uncaught: ${error instanceof Error ? error.stack : error}`));
  page.on('request', (request) => {
    checkOrigin(page.url(), request.url(), trouble);
    noteSeats(request);
  });
}

/** WebDriver tells what a page logs, not what the browser itself says about the page. */
function tellViolations(): void {
  document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
    console.error(`refused by ${violatedDirective}: ${blockedURI}`),
  );
}
