// The four that are disturbed: the server, the viewer in its browser, the phone in its own, and the air between them.
import { execFileSync } from 'node:child_process';
import { networkInterfaces } from 'node:os';
import type { Browser } from 'playwright-core';
import { launchLaptop } from '../../frontend/e2e/harness/chrome';
import { closePage, openBareViewer, openPhone, type Watched } from '../../frontend/e2e/harness/pages';
import { Server } from '../../frontend/e2e/harness/server';
import { until } from '../../frontend/e2e/harness/until';
import { joinLink } from '../../frontend/e2e/harness/viewer';
import { launchPhoneBehind } from '../checks/launcher';
import { processOf } from '../session/phones';

export type Mode = 'server' | 'wasm';

/** Chrome tells peers no other address than the default route's to a page without the camera's permission. */
const VIEWER = { permissions: ['camera'] };

export class Rig {
  private constructor(
    readonly server: Server,
    private readonly air: string,
    private readonly phoneHost: string,
    private laptop: Browser,
    private phones: Browser,
    public viewer: Watched,
    public phone: Watched,
    public mode: Mode,
  ) {}

  static async start(mode: Mode): Promise<Rig> {
    const { AIR, PHONE_HOST } = process.env;
    const address = networkInterfaces().wlan0?.find(({ family }) => family === 'IPv4')?.address;
    if (!AIR || !PHONE_HOST || !address)
      throw new Error('no network namespaces: start it by bench/check_chaos.sh');
    const server = await Server.start({ flags: ['--mode', mode, '--public-host', address] });
    const [laptop, phones] = await Promise.all([launchLaptop(), launchPhoneIn(PHONE_HOST)]);
    const viewer = await openBareViewer(laptop, viewerUrl(server, mode), VIEWER);
    const phone = await openPhone(phones, await joinLink(viewer.page));
    return new Rig(server, AIR, PHONE_HOST, laptop, phones, viewer, phone, mode);
  }

  async close(): Promise<void> {
    await Promise.all([this.laptop.close(), this.phones.close(), this.server.stop()]);
  }

  /** The page's address in this mode; the room is the one that the browser keeps. */
  async reloadViewer(mode: Mode): Promise<void> {
    this.mode = mode;
    await this.viewer.page.goto(viewerUrl(this.server, mode), { waitUntil: 'commit' });
  }

  /** The browser dies and is started again with what it had stored. */
  async restartViewer(): Promise<void> {
    const storageState = await this.viewer.context.storageState();
    await kill(this.laptop);
    this.laptop = await launchLaptop();
    this.viewer = await openBareViewer(this.laptop, viewerUrl(this.server, this.mode), {
      ...VIEWER,
      storageState,
    });
  }

  /** The browser dies, and the link is opened once more. */
  async restartPhone(): Promise<void> {
    const link = this.phone.page.url();
    await kill(this.phones);
    this.phones = await launchPhoneIn(this.phoneHost);
    this.phone = await openPhone(this.phones, link);
  }

  /** Another phone comes when the first has gone. */
  async replacePhone(): Promise<void> {
    const link = this.phone.page.url();
    await closePage(this.phone);
    this.phone = await openPhone(this.phones, link);
  }

  /** The screen is locked: nothing of the browser runs. */
  setPhoneAsleep(asleep: boolean): void {
    const pids = execFileSync('ip', ['netns', 'pids', this.phoneHost], { encoding: 'utf8' }).split('\n');
    for (const pid of pids.filter(Boolean)) signal(Number(pid), asleep ? 'SIGSTOP' : 'SIGCONT');
  }

  /** The phone's Wi-Fi is gone, and the phone knows it. */
  setWifi(on: boolean): void {
    this.change('phone', on ? ['up'] : ['down']);
  }

  /** Nothing comes through any more, and nobody is told. */
  setSilence(on: boolean): void {
    this.change('phone', on ? ['nomaster'] : ['master', 'ap']);
  }

  private change(end: string, words: string[]): void {
    execFileSync('ip', ['-netns', this.air, 'link', 'set', end, ...words]);
  }
}

const viewerUrl = ({ viewerUrl: url }: Server, mode: Mode): string => `${url}?mode=${mode}&threads=1`;

const launchPhoneIn = (host: string): Promise<Browser> => launchPhoneBehind(['ip', 'netns', 'exec', host]);

async function kill(browser: Browser): Promise<void> {
  const pid = await processOf(browser);
  if (pid === null) throw new Error('a browser without a process cannot be killed');
  signal(pid, 'SIGKILL');
  await until('the killed browser is gone', () => !browser.isConnected());
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    // It has ended since it was listed.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
