// A screen that nobody sees, three browser windows on it, and a camera pointed at it.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { BrowserContext, Page } from 'playwright-core';
import { cameraShowing, launchProfile } from '../../frontend/e2e/harness/chrome';
import { CLIPS } from '../../frontend/e2e/harness/paths';

const SCREEN = { width: 1600, height: 900 };
const CAPTION_HEIGHT = 120;
const PHONE_WIDTH = 390;
const GAP = 10;
const STAGE_HEIGHT = SCREEN.height - CAPTION_HEIGHT;
const FRAME_RATE = 25;

type Place = { left: number; top: number; width: number; height: number };

const PLACES = {
  phone: { left: 0, top: 0, width: PHONE_WIDTH, height: STAGE_HEIGHT },
  viewer: {
    left: PHONE_WIDTH + GAP,
    top: 0,
    width: SCREEN.width - PHONE_WIDTH - GAP,
    height: STAGE_HEIGHT,
  },
  strip: { left: 0, top: STAGE_HEIGHT, width: SCREEN.width, height: CAPTION_HEIGHT },
  whole: { left: 0, top: 0, ...SCREEN },
} satisfies Record<string, Place>;

export class Studio {
  private readonly folder = mkdtempSync(join(tmpdir(), 'sightline-film-'));
  private readonly windows: BrowserContext[] = [];
  private screen!: ChildProcess;
  private display = '';
  private camera: ChildProcess | undefined;
  phone!: Page;
  viewer!: Page;
  /** Captions and cards. Opened last, so it lies above the others. */
  card!: Page;

  private constructor() {}

  static async open(): Promise<Studio> {
    const studio = new Studio();
    try {
      await studio.light();
      studio.phone = await studio.window(PLACES.phone, cameraShowing(join(CLIPS, 'people.mjpeg')));
      // As on a phone that was never here: its owner is asked.
      await studio.phone.context().grantPermissions([]);
      studio.viewer = await studio.window(PLACES.viewer);
      studio.card = await studio.window(PLACES.whole);
      return studio;
    } catch (error) {
      await studio.close();
      throw error;
    }
  }

  /** Captions below both windows, or a card above everything. */
  async placeCard(where: 'strip' | 'whole'): Promise<void> {
    const session = await this.card.context().newCDPSession(this.card);
    const { windowId } = await session.send('Browser.getWindowForTarget');
    await session.send('Browser.setWindowBounds', { windowId, bounds: PLACES[where] });
    await session.detach();
    // A window that was tapped has come to the front.
    if (where === 'whole') await this.card.bringToFront();
  }

  /** Resolves with the moment (of `performance.now`) at which the film begins. */
  async roll(seconds: number): Promise<number> {
    const input = ['-f', 'x11grab', '-draw_mouse', '0', '-framerate', `${FRAME_RATE}`];
    const picture = ['-video_size', `${SCREEN.width}x${SCREEN.height}`, '-i', this.display];
    // Hardly compressed: the processor belongs to what is filmed.
    const output = ['-t', `${seconds}`, '-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '14', this.raw];
    const progress = ['-progress', 'pipe:1', '-stats_period', '0.1', '-loglevel', 'error', '-y'];
    this.camera = start('ffmpeg', [...progress, ...input, ...picture, ...output], ['ignore', 'pipe', 2]);
    const { stdout } = this.camera;
    if (!stdout) throw new Error('ffmpeg has no pipe to tell its progress by');
    const first = new Promise<number>((resolve) => {
      stdout.on('data', (lines: Buffer) => {
        const [, frames = '0'] = /^frame=\s*(\d+)/m.exec(String(lines)) ?? [];
        if (Number(frames) > 0) resolve(performance.now() - (1000 * Number(frames)) / FRAME_RATE);
      });
    });
    return Promise.race([first, failure('ffmpeg', this.camera)]);
  }

  /** Waits for the end of the film and compresses it. */
  async develop(out: string): Promise<{ seconds: number; bytes: number }> {
    await ended('ffmpeg', this.camera as ChildProcess);
    const output = ['-c:v', 'libx264', '-preset', 'slow', '-crf', '24', '-pix_fmt', 'yuv420p'];
    const end = ['-movflags', '+faststart', '-loglevel', 'error', '-y', out];
    await ended('ffmpeg', start('ffmpeg', ['-i', this.raw, ...output, ...end], ['ignore', 2, 2]));
    const probe = ['-v', 'error', '-show_entries', 'format=duration', '-of', 'csv=p=0', out];
    const { stdout } = await promisify(execFile)('ffprobe', probe);
    return { seconds: Number(stdout), bytes: statSync(out).size };
  }

  async close(): Promise<void> {
    this.camera?.kill();
    await Promise.allSettled(this.windows.map((window) => window.close()));
    this.screen?.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private get raw(): string {
    return join(this.folder, 'raw.mkv');
  }

  private async light(): Promise<void> {
    const size = `${SCREEN.width}x${SCREEN.height}x24`;
    const args = ['-displayfd', '3', '-screen', '0', size, '-nolisten', 'tcp'];
    this.screen = start('Xvfb', args, ['ignore', 'ignore', 'ignore', 'pipe']);
    const number = this.screen.stdio[3];
    if (!number) throw new Error('Xvfb has no pipe to tell its display by');
    const [text] = await Promise.race([once(number, 'data'), failure('Xvfb', this.screen)]);
    this.display = `:${String(text).trim()}`;
  }

  private async window({ left, top, width, height }: Place, args: string[] = []): Promise<Page> {
    const context = await launchProfile(join(this.folder, `${this.windows.length}`), {
      options: {
        headless: false,
        viewport: null,
        ignoreHTTPSErrors: true,
        colorScheme: 'dark',
        env: { ...process.env, DISPLAY: this.display },
      },
      args: [
        // An app's window has no address bar; --test-type leaves out the bar that warns of --no-sandbox.
        '--app=data:text/html,<body style="background:black">',
        '--test-type',
        '--hide-scrollbars',
        '--ozone-platform=x11',
        `--window-position=${left},${top}`,
        `--window-size=${width},${height}`,
        ...args,
      ],
    });
    this.windows.push(context);
    const [page] = context.pages();
    if (!page) throw new Error('the browser opened no window');
    page.on('pageerror', (error) => console.error(`uncaught in a page: ${error.message}`));
    return page;
  }
}

type Stdio = ('ignore' | 'pipe' | 2)[];

function start(program: string, args: string[], stdio: Stdio): ChildProcess {
  const child = spawn(program, args, { stdio });
  // Whoever waits for it hears of it; nobody may be waiting yet.
  child.once('error', () => {});
  return child;
}

async function failure(program: string, child: ChildProcess): Promise<never> {
  if (child.pid === undefined) throw new Error(`${program} is missing: install it (Debian: xvfb, ffmpeg)`);
  const [status, signal] = await once(child, 'exit');
  throw new Error(`${program} ended with ${status ?? signal}`);
}

async function ended(program: string, child: ChildProcess): Promise<void> {
  if (child.pid === undefined) return failure(program, child);
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  if (child.exitCode !== 0) throw new Error(`${program} ended with ${child.exitCode ?? child.signalCode}`);
}
