// Finds and starts browsers: one plays the laptop, others play phones.
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type LaunchOptions } from 'playwright-core';
import puppeteer from 'puppeteer-core';
import { lanAddresses } from './lan';
import { CLIPS } from './paths';

const NAMES = ['google-chrome', 'google-chrome-stable', 'chromium', 'chromium-browser'];

const COMMON = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export function findChrome(): string {
  const { CHROME } = process.env;
  if (CHROME) {
    if (isExecutable(CHROME)) return CHROME;
    throw new Error(`CHROME=${CHROME}: there is no such program`);
  }
  const folders = (process.env.PATH ?? '').split(delimiter);
  const found = NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
  if (found) return found;
  const own = chromium.executablePath();
  if (existsSync(own)) return own;
  throw new Error(
    'no browser: install Chrome or Chromium, name one by CHROME=/path/to/it, ' +
      'or run `npx playwright-core install chromium` in frontend/',
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Chrome offers peers no loopback address; on a machine without a network there is no other. */
const network = () => (lanAddresses().length > 0 ? [] : ['--allow-loopback-in-peer-connection']);

/** `options`: for programs that want more than the usual, such as a window to be seen, or an end by their own rules. */
export const launchWith = (options: LaunchOptions, args: string[] = [], common = COMMON): Promise<Browser> =>
  chromium.launch({ executablePath: findChrome(), args: [...common, ...network(), ...args], ...options });

export const launchLaptop = () => launchWith({});

/** What Puppeteer switches off of what a browser does to hidden tabs. */
const AS_FOR_TESTS = [
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
];

/** A laptop whose tabs hide each other, as people's do: Playwright lets every page think that it is seen. */
export const launchTabs = () =>
  puppeteer.launch({
    executablePath: findChrome(),
    args: [...COMMON, ...network()],
    ignoreDefaultArgs: AS_FOR_TESTS,
    defaultViewport: { width: 1280, height: 800 },
  });

type Profile = { options?: Parameters<typeof chromium.launchPersistentContext>[1]; args?: string[] };

/** A laptop that keeps what it was given in this folder; the other ones cache little, and in memory only. */
export const launchProfile = (
  folder: string,
  { options, args = [] }: Profile = {},
): Promise<BrowserContext> =>
  chromium.launchPersistentContext(folder, {
    executablePath: findChrome(),
    args: [...COMMON, ...network(), ...args],
    ...options,
  });

/** A laptop whose WebGPU is computed by SwiftShader, which is part of Chrome: slow, and the same on every machine. */
export const launchSoftwareGpuLaptop = () =>
  launchWith(
    {},
    ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'],
    COMMON.filter((arg) => arg !== '--disable-gpu'),
  );

export type Clip = 'people.mjpeg' | 'empty.mjpeg';

/** A camera that shows this file, over and over. */
export const cameraShowing = (file: string): string[] => [
  '--use-fake-ui-for-media-stream',
  '--use-fake-device-for-media-stream',
  `--use-file-for-fake-video-capture=${file}`,
];

/** A phone whose camera shows a clip, over and over, and whose owner allows it. */
export const launchPhone = (clip: Clip) => launchWith({}, cameraShowing(join(CLIPS, clip)));

/** A phone with this many cameras, whose owner is asked. `hosts`: names that lead to this machine. */
export const launchBarePhone = (cameras: number, hosts: string[] = []) =>
  launchWith({}, [
    `--use-fake-device-for-media-stream=device-count=${cameras}`,
    ...hosts.map((host) => `--host-resolver-rules=MAP ${host} 127.0.0.1`),
  ]);
