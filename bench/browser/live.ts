// A phone and a viewer as people use them, one mode after the other on the same machine.
import { launchLaptop, launchPhone } from '../../frontend/e2e/harness/chrome';
import { closePage, openBareViewer, openPhone, type Watched } from '../../frontend/e2e/harness/pages';
import { Server } from '../../frontend/e2e/harness/server';
import { until } from '../../frontend/e2e/harness/until';
import { joinLink } from '../../frontend/e2e/harness/viewer';
import { record } from '../checks/check';
import { build } from '../lib/build';
import {
  decimals,
  type Goal,
  type Measured,
  medianAndP95,
  progress,
  progressDone,
  table,
} from '../lib/words';
import type { Options } from './main';

type Browser = Awaited<ReturnType<typeof launchLaptop>>;

/** Frames shown before anything is measured. */
const WARM_UP = 45;
const MOST_BUSY = 0.2;
const LEAST_FPS = 10;
const LONG_TASK_MS = 50;

export async function live({ threads, seconds, model }: Options): Promise<Measured> {
  build('pages', 'server');
  const server = await Server.start({ flags: ['--mode', 'wasm', '--model', model] });
  const [laptop, phones] = await Promise.all([launchLaptop(), launchPhone('people.mjpeg')]);
  const browsers = { laptop, phones };
  try {
    const wasm = await measure('wasm', browsers, server.viewerUrl, threads, seconds);
    const remote = await measure('server', browsers, server.viewerUrl, threads, seconds);
    progressDone();
    const note = 'Phone, viewer and server share this machine.';
    show(note, threads, seconds, [wasm, remote]);
    return { figures: { note, threads, seconds, wasm, server: remote }, goals: goalsOf(wasm) };
  } finally {
    await Promise.all([laptop.close(), phones.close(), server.stop()]);
  }
}

type Live = Awaited<ReturnType<typeof measure>>;

async function measure(
  mode: 'wasm' | 'server',
  { laptop, phones }: { laptop: Browser; phones: Browser },
  url: string,
  threads: number,
  seconds: number,
) {
  progress(`${mode}: a phone joins`);
  const address = `${url}?mode=${mode}&threads=${threads}&room=new`;
  const viewer = await openBareViewer(laptop, address, { init: noteLongTasks });
  const phone = await openPhone(phones, await joinLink(viewer.page));
  await until(`${WARM_UP} frames are shown`, () => shownAtLeast(viewer, WARM_UP));
  progress(`${mode}: measuring for ${seconds} s`);
  const work = await watchWork(viewer);
  const { metrics } = await record(viewer, seconds);
  const measured = { work: await work(), metrics };
  await Promise.all([closePage(viewer), closePage(phone)]);
  return measured;
}

const shownAtLeast = ({ page }: Watched, frames: number): Promise<boolean> =>
  page.evaluate((least) => (window.sightline?.state().frames.displayed ?? 0) >= least, frames);

declare global {
  interface Window {
    longTasks: { at: number; ms: number }[];
  }
}

/** Runs in the page, before its own code. */
function noteLongTasks(): void {
  window.longTasks = [];
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries())
      window.longTasks.push({ at: startTime, ms: duration });
  }).observe({ type: 'longtask', buffered: true });
}

/** Call the answer to learn what the viewer's threads did since. */
async function watchWork({ page, context }: Watched) {
  const session = await context.newCDPSession(page);
  await session.send('Performance.enable');
  const read = async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    const value = (name: string) => metrics.find((metric) => metric.name === name)?.value ?? Number.NaN;
    return {
      wall: value('Timestamp'),
      busy: value('TaskDuration'),
      processor: value('ThreadTime'),
      process: value('ProcessTime'),
    };
  };
  const since = await page.evaluate(() => performance.now());
  const before = await read();
  return async () => {
    const after = await read();
    const tasks = await page.evaluate((from) => window.longTasks.filter(({ at }) => at >= from), since);
    const share = (of: 'busy' | 'processor' | 'process') =>
      (after[of] - before[of]) / (after.wall - before.wall);
    return {
      busy_share: share('busy'),
      /** Less than busy when others have the processor in the midst of a task. */
      processor_share: share('processor'),
      /** All of the page's threads, the worker's too; of one core. */
      process_share: share('process'),
      long_tasks: tasks.length,
      longest_ms: tasks.length === 0 ? null : Math.max(...tasks.map(({ ms }) => ms)),
    };
  };
}

function show(note: string, threads: number, seconds: number, modes: [Live, Live]): void {
  const row = (name: string, of: (each: Live) => string) => [name, ...modes.map(of)];
  console.log(
    `${note}\n${seconds} s in each mode, ${threads} thread(s) of WASM, one in the server's session\n`,
  );
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  console.log(
    table([
      ['', 'wasm', 'server'],
      row('frames shown a second', ({ metrics }) => decimals(metrics.processed_fps, 2)),
      row('camera to screen, ms (median / p95)', ({ metrics }) => medianAndP95(metrics.e2e_latency_ms)),
      row('detection, ms (median / p95)', ({ metrics }) => medianAndP95(metrics.server_latency_ms)),
      row('viewer’s main thread busy', (each) => percent(each.work.busy_share)),
      row('  of that on a processor', (each) => percent(each.work.processor_share)),
      row(`its tasks over ${LONG_TASK_MS} ms`, (each) => String(each.work.long_tasks)),
      row('longest of them, ms', (each) => (each.work.long_tasks ? decimals(each.work.longest_ms, 0) : '–')),
      row('all of the viewer’s threads, of one core', (each) => percent(each.work.process_share)),
    ]),
  );
}

function goalsOf({ metrics, work }: Live): Goal[] {
  const { busy_share, long_tasks } = work;
  const fps = metrics.processed_fps ?? 0;
  return [
    {
      text: `wasm shows ≥ ${LEAST_FPS} frames a second: ${decimals(metrics.processed_fps, 2)}`,
      met: fps >= LEAST_FPS,
    },
    {
      text: `main thread busy < ${100 * MOST_BUSY} % in wasm mode: ${(100 * busy_share).toFixed(1)} %`,
      met: busy_share < MOST_BUSY,
    },
    { text: `no task over ${LONG_TASK_MS} ms there while running: ${long_tasks}`, met: long_tasks === 0 },
  ];
}
