// The other browser: a stock Firefox, headless. Puppeteer drives it by WebDriver BiDi, which every Firefox speaks;
// Playwright drives only a Firefox of its own making, or one newer than Debian's.
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import puppeteer, { type Browser, type BrowserContext, type Page } from 'puppeteer-core';
import { lanAddresses } from './lan';
import { checkOrigin, type Kept, keepWatch } from './pages';
import type { Asked } from './viewer';

const NAMES = ['firefox-esr', 'firefox'];

/** Why there is no Firefox to test with; null when there is one. */
export const NO_FIREFOX = findFirefox()
  ? null
  : 'no Firefox: install firefox-esr, or name one by FIREFOX=/path/to/it';

function findFirefox(): string | null {
  const { FIREFOX, PATH = '' } = process.env;
  if (FIREFOX && !existsSync(FIREFOX)) throw new Error(`FIREFOX=${FIREFOX}: there is no such program`);
  const files = NAMES.flatMap((name) => PATH.split(delimiter).map((folder) => join(folder, name)));
  return FIREFOX || (files.find((file) => existsSync(file)) ?? null);
}

/**
 * As with Chrome, peers are offered no loopback address, and pages without the camera's permission offer the default
 * route's only: on a machine that is on no network that leaves none. So here the permission is given beforehand.
 */
export const WITHOUT_NETWORK = lanAddresses().length === 0;

/** All else is as people have it: a page without the camera hides its addresses, and muted video plays by itself. */
const PREFERENCES = {
  // One colour, which changes with every frame, and the time in black along the upper edge.
  'media.navigator.streams.fake': true,
  // Nobody is asked for the camera. That is no permission that would bring the addresses out, as one that is kept does.
  'media.navigator.permission.disabled': true,
  ...(WITHOUT_NETWORK && { 'media.peerconnection.ice.loopback': true, 'permissions.default.camera': 1 }),
};

export async function launchFirefox(): Promise<Browser> {
  const executablePath = findFirefox();
  if (!executablePath) throw new Error(NO_FIREFOX ?? '');
  return puppeteer.launch({
    browser: 'firefox',
    executablePath,
    acceptInsecureCerts: true,
    extraPrefsFirefox: PREFERENCES,
    defaultViewport: null,
  });
}

/** What Firefox says in the log of a page that is reloaded or closed, or whose network changes. */
export const EVENTS_CUT = /The connection to .*\/events\?.* was interrupted while the page was loading/;

export type FoxPage = Kept & {
  page: Page;
  /** The same, for what is asked of any browser's page. */
  asked: Asked;
  context: BrowserContext;
  troubles: string[];
};

export type FoxOptions = {
  /** Runs before the page's own scripts, with this. */
  init?: (given: string) => void;
  given?: string;
};

/** A fresh context (its own storage) with one page, which is watched before it loads anything. */
export async function openFox(
  firefox: Browser,
  name: string,
  url: string,
  { init, given = '' }: FoxOptions = {},
): Promise<FoxPage> {
  const context = await firefox.createBrowserContext();
  const page = await context.newPage();
  const watched: FoxPage = { name, page, asked: page as Asked, context, log: [], troubles: [] };
  page.once('close', keepWatch(watched));
  watch(watched);
  await page.evaluateOnNewDocument(tellViolations);
  if (init) await page.evaluateOnNewDocument(init, given);
  await page.goto(url, { waitUntil: 'domcontentloaded' });
  return watched;
}

function watch({ page, log, troubles }: FoxPage): void {
  const trouble = (text: string) => {
    troubles.push(text);
    log.push(`TROUBLE ${text}`);
  };
  page.on('console', (message) => {
    const text = `${message.type()}: ${message.text()} (${message.location().url})`;
    if (message.type() === 'error') trouble(text);
    else log.push(text);
  });
  page.on('pageerror', (error) => trouble(`uncaught: ${error instanceof Error ? error.stack : error}`));
  page.on('request', (request) => checkOrigin(page.url(), request.url(), trouble));
}

/** WebDriver tells what a page logs, not what Firefox itself says about the page. */
function tellViolations(): void {
  document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
    console.error(`refused by ${violatedDirective}: ${blockedURI}`),
  );
}
