// What plays the phone: Chromium whose camera shows a clip, or the virtual phone, which is a program.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import type { Browser } from 'playwright-core';
import { cameraShowing, launchWith } from '../../frontend/e2e/harness/chrome';
import { closePage, openPhone, type Watched } from '../../frontend/e2e/harness/pages';
import { SERVER } from '../../frontend/e2e/harness/paths';

export const PHONE_KINDS = ['browser', 'virtual'] as const;
export type PhoneKind = (typeof PHONE_KINDS)[number];

export const USUAL_CLIPS: Record<PhoneKind, string> = { browser: 'people.mjpeg', virtual: 'people.ivf' };

/** One that has joined. */
export type Phone = { says: () => Promise<string>; close: () => Promise<void> };

export type Phones = {
  join: (link: string) => Promise<Phone>;
  /** The root of the process tree of the one that has joined. */
  process: () => Promise<number | null>;
  close: () => Promise<void>;
};

/** Browsers that a Ctrl-C in the terminal does not reach: they are needed to keep what was measured. */
export const QUIET = { handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false };

export const startPhones = (kind: PhoneKind, clip: string): Promise<Phones> =>
  kind === 'browser' ? startBrowser(resolve(clip)) : Promise.resolve(programs(resolve(clip)));

async function startBrowser(clip: string): Promise<Phones> {
  const browser = await launchWith(QUIET, cameraShowing(clip));
  return {
    join: async (link) => {
      const page = await openPhone(browser, link);
      return { says: () => statusOf(page), close: () => closePage(page) };
    },
    process: () => processOf(browser),
    close: () => browser.close(),
  };
}

function programs(clip: string): Phones {
  let running: ChildProcess | null = null;
  return {
    join: async (link) => {
      const phone = startProgram(clip, link);
      running = phone.child;
      return phone;
    },
    process: async () => running?.pid ?? null,
    close: async () => {},
  };
}

function startProgram(clip: string, link: string): Phone & { child: ChildProcess } {
  // The server's certificate is as new as the server.
  const child = spawn(SERVER, ['phone', '--insecure', '--clip', clip, link], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data: Buffer) => {
      said = data.toString().trim().split('\n').at(-1) ?? said;
    });
  }
  child.once('error', ({ message }) => {
    said = message;
  });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const close = async () => {
    process.off('exit', kill);
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill();
    await ended;
  };
  return { child, says: async () => said, close };
}

export const statusOf = ({ page }: Watched): Promise<string> =>
  page.evaluate(() => document.querySelector<HTMLElement>('#status')?.innerText.trim() ?? '');

export async function processOf(browser: Browser): Promise<number | null> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return processInfo.find(({ type }) => type === 'browser')?.id ?? null;
}
