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

/** The figures of the recording so far. */
async function show(page: Watched['page'], second: number, seconds: number): Promise<void> {
  // When the page is gone the recording itself tells why.
  const metrics = await page.evaluate(() => window.sightline.metrics()).catch(() => null);
  if (!metrics) return;
  const { frames, processed_fps, e2e_latency_ms } = metrics;
  const figures = [
    `${frames.displayed} frames`,
    `${decimals(processed_fps, 1)} FPS`,
    `E2E ${decimals(e2e_latency_ms?.median, 0)} ms`,
  ];
  progress(`${bar(second / seconds)} ${second}/${seconds} s   ${figures.join('   ')}`);
}

const WIDTH = 24;

export function bar(share: number): string {
  const full = Math.round(WIDTH * Math.min(1, share));
  return `[${'█'.repeat(full)}${'░'.repeat(WIDTH - full)}]`;
}
