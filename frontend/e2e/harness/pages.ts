// Pages under watch: whatever they log, request or break is written down.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { install } from './in-page';
import { lanAddresses } from './lan';
import { ARTIFACTS } from './paths';

export type Watched = {
  name: string;
  page: Page;
  context: BrowserContext;
  log: string[];
  /** Errors on the console, uncaught exceptions, and requests that left the page's origin. */
  troubles: string[];
  /** Addresses of all requests, those of workers too. */
  requests: string[];
  /** Addresses of all WebSockets, those of workers too. */
  sockets: string[];
};

/** What of a page is kept when a test fails. */
export type Kept = {
  name: string;
  log: string[];
  page: { screenshot(to: { path: string }): Promise<unknown> };
};

const open = new Set<Kept>();

/** A word that crosses with its reader's leaving, or with the loss of its own seat, is refused; the browser logs that. */
const CROSSED = /status of 409 .*\/signal\?/;
const CROSSING_MS = 5000;
const CHANGES_SEATS = /\/leave\?|[?&]takeover=/;
let seatsChanged = Number.NEGATIVE_INFINITY;

/** What runs in the page before its own code; sent as text. */
type Init = () => void;

export type OpenOptions = BrowserContextOptions & { init?: Init | Init[] };

/** A fresh context (its own storage) with one page, which is watched before it loads anything. */
export async function openPage(
  browser: Browser,
  name: string,
  url: string,
  options: OpenOptions = {},
): Promise<Watched> {
  const { init, ...rest } = options;
  const context = await browser.newContext({ ignoreHTTPSErrors: true, ...rest });
  try {
    return await openIn(context, name, url, init);
  } catch (error) {
    await context.close().catch(() => {});
    throw error;
  }
}

export async function openIn(
  context: BrowserContext,
  name: string,
  url: string,
  init: Init | Init[] = [],
): Promise<Watched> {
  for (const each of [init].flat()) await context.addInitScript(each);
  const page = await context.newPage();
  const watched = watch(name, page, context);
  await page.goto(url, { waitUntil: 'domcontentloaded' });
  return watched;
}

/** For measurements: the tests' tools read every frame's pixels back, which is work on the page's main thread. */
export const openBareViewer = (browser: Browser, url: string, options: OpenOptions = {}) =>
  openPage(browser, 'viewer', url, {
    viewport: { width: 1280, height: 800 },
    permissions: viewerPermissions(),
    ...options,
  });

export const openViewer = (browser: Browser, url: string, options: OpenOptions = {}) =>
  openBareViewer(browser, url, { ...options, init: install });

/** Chrome tells peers no other address than the default route's to a page without the camera's permission. */
export const viewerPermissions = () => (lanAddresses().length > 0 ? [] : ['camera']);

/** The camera is granted beforehand, as on a phone that was here before; `permissions: []` takes it away. */
export const openPhone = (browser: Browser, url: string, options: OpenOptions = {}) =>
  openPage(browser, 'phone', url, {
    viewport: { width: 390, height: 844 },
    isMobile: true,
    hasTouch: true,
    permissions: ['camera'],
    ...options,
  });

/** A page of our own with the tools, to look into pictures. */
export async function openLens(browser: Browser): Promise<Page> {
  const page = await browser.newPage();
  await page.evaluate(install);
  return page;
}

export async function closePage(watched: Kept & { context: { close(): Promise<void> } }): Promise<void> {
  open.delete(watched);
  seatsChanged = Date.now();
  await watched.context.close();
}

/** What went wrong so far, and forgets it. `expected` names what the test itself brings about. */
export function takeTroubles(watched: Pick<Watched, 'troubles'>, expected: RegExp[] = []): string[] {
  return watched.troubles.splice(0).filter((trouble) => !expected.some((pattern) => pattern.test(trouble)));
}

/** How many signals of this kind the page has posted since. */
export function countSignals(page: Page, kind: string): () => number {
  let count = 0;
  page.on('request', (request) => {
    if (request.postData()?.startsWith(`{"${kind}"`)) count += 1;
  });
  return () => count;
}

export async function saveArtifacts(test: string): Promise<void> {
  mkdirSync(ARTIFACTS, { recursive: true });
  const file = (name: string) => join(ARTIFACTS, `${test} ${name}`.replaceAll(/[^a-z0-9.]+/gi, '-'));
  let number = 0;
  for (const { name, page, log } of open) {
    number += 1;
    writeFileSync(file(`${number} ${name}.log`), log.join('\n'));
    await page.screenshot({ path: file(`${number} ${name}.png`) }).catch(() => {});
  }
}

/** Until the returned function is called. */
export function keepWatch(kept: Kept): () => void {
  open.add(kept);
  return () => open.delete(kept);
}

function watch(name: string, page: Page, context: BrowserContext): Watched {
  const watched: Watched = { name, page, context, log: [], troubles: [], requests: [], sockets: [] };
  page.once('close', keepWatch(watched));
  const trouble = (text: string) => {
    watched.troubles.push(text);
    watched.log.push(`TROUBLE ${text}`);
  };
  page.on('console', (message) => {
    const text = `${message.type()}: ${message.text()} (${message.location().url})`;
    if (isTrouble(message.type(), text)) trouble(text);
    else watched.log.push(text);
  });
  page.on('pageerror', (error) => trouble(`uncaught: ${error.stack ?? error.message}`));
  page.on('crash', () => trouble('the page crashed'));
  const asked = (list: string[], url: string) => {
    list.push(url);
    checkOrigin(page.url(), url, trouble);
  };
  context.on('request', (request) => {
    asked(watched.requests, request.url());
    noteSeats(request);
  });
  page.on('websocket', (socket) => asked(watched.sockets, socket.url()));
  return watched;
}

/** A page that is loaded anew leaves its seat, too. */
export function noteSeats(request: { url(): string; isNavigationRequest(): boolean }): void {
  if (request.isNavigationRequest() || CHANGES_SEATS.test(request.url())) seatsChanged = Date.now();
}

/** Whether a line on the console means that something went wrong. */
export const isTrouble = (type: string, text: string) =>
  type === 'error' && !(CROSSED.test(text) && Date.now() - seatsChanged < CROSSING_MS);

export function checkOrigin(pageUrl: string, requested: string, trouble: (text: string) => void): void {
  const url = new URL(requested);
  // blob: and data: never leave the browser; about:blank is the page before its first address.
  if (['blob:', 'data:', 'about:'].includes(url.protocol) || !pageUrl.startsWith('http')) return;
  if (url.host !== new URL(pageUrl).host) trouble(`a request left the origin: ${requested}`);
}
