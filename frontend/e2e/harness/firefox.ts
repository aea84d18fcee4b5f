// The other browser: a stock Firefox, headless. Puppeteer drives it by WebDriver BiDi, which every Firefox speaks;
// Playwright drives only a Firefox of its own making, or one newer than Debian's.
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import puppeteer, { type Browser } from 'puppeteer-core';
import { lanAddresses } from './lan';

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
