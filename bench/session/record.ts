// The measurement itself: the page records, and the processor is watched meanwhile.
import type { Watched } from '../../frontend/e2e/harness/pages';
import type { Recording } from '../../frontend/src/viewer/recording';
import type { CpuMeter, Shares } from '../lib/cpu';
import { decimals, progress } from '../lib/words';
import type { CpuSample } from './report/data';

/** Whose processes are watched. */
export type Tree = 'server' | 'viewer' | 'phone';
export type Recorded = { recording: Recording; cpu: CpuSample[]; mean: Shares<Tree> };

const LOOK_EVERY_MS = 1000;
/** The clock that the books are kept by has steps of 10 ms: shorter looks would be noise. */
const SHORTEST_LOOK_MS = 500;
/** Where each line stays, few are enough. */
const LINE_EVERY_S = 10;
const NOTHING = { server: null, viewer: null, phone: null };

/** An interrupt ends the recording early, with what it has. */
export async function record(
  { page }: Watched,
  seconds: number,
  meter: CpuMeter<Tree>,
  signal: AbortSignal,
): Promise<Recorded> {
  progress(`measuring for ${seconds} s`);
  const cpu: CpuSample[] = [];
  await meter.look();
  signal.throwIfAborted();
  const begun = performance.now();
  const running = page.evaluate((length) => window.sightline.record(length), seconds);
  const ended = running.then(
    () => true,
    () => true,
  );
  const stop = () => void page.evaluate(() => window.sightline.stopRecording()).catch(() => {});
  signal.addEventListener('abort', stop);
  let looked = begun;
  const look = async () => {
    const shares = await meter.look();
    if (performance.now() - looked >= SHORTEST_LOOK_MS) cpu.push({ at: Date.now(), ...(shares ?? NOTHING) });
    looked = performance.now();
  };
  for (let second = 1; !(await Promise.race([ended, at(begun + second * LOOK_EVERY_MS)])); second++) {
    await look();
    if (process.stderr.isTTY || second % LINE_EVERY_S === 0) await show(page, second, seconds);
  }
  signal.removeEventListener('abort', stop);
  const recording = await running;
  await look();
  return { recording, cpu, mean: meter.mean() ?? NOTHING };
}

const at = (time: number): Promise<false> =>
  new Promise((resolve) => setTimeout(() => resolve(false), time - performance.now()));

/** What was shown lately. Not `metrics()`: it goes over all frames, and would take time from what is measured. */
async function show(page: Watched['page'], second: number, seconds: number): Promise<void> {
  // When the page is gone the recording itself tells why.
  const news = await page
    .evaluate(() => ({ ...window.sightline.glance(), frames: window.sightline.state().frames }))
    .catch(() => null);
  if (!news) return;
  const { frames, fps, e2e } = news;
  const figures = [
    `${frames.displayed} frames`,
    `${decimals(fps, 1)} FPS`,
    `E2E ${decimals(e2e?.median, 0)} ms`,
  ];
  // Counting begins some moments after it was asked for.
  const done = Math.min(second, seconds);
  progress(`${bar(done / seconds)} ${done}/${seconds} s   ${figures.join('   ')}`);
}

const WIDTH = 24;

function bar(share: number): string {
  const full = Math.round(WIDTH * share);
  return `[${'█'.repeat(full)}${'░'.repeat(WIDTH - full)}]`;
}
