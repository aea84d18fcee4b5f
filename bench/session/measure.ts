// One run: connect, warm up, record, and put together what metrics.json and the report say.
import { basename } from 'node:path';
import { takeTroubles } from '../../frontend/e2e/harness/pages';
import { joinLink } from '../../frontend/e2e/harness/viewer';
import { CpuMeter, type Processes } from '../lib/cpu';
import type { Machine } from '../lib/machine';
import { progress, progressDone } from '../lib/words';
import { Interrupted } from './interrupt';
import { notesOn } from './notes';
import type { Options } from './options';
import { type Recorded, record } from './record';
import type { Run } from './report/data';
import { closeEnds, type Ends, type Rig } from './rig';
import { type Settings, viewerQuery } from './settings';
import { warmUp } from './warm-up';

/** What all runs of one command have in common. */
export type Bench = {
  rig: Rig;
  options: Options;
  machine: Machine;
  processes: Processes | null;
  signal: AbortSignal;
};

const ENCODED_BEFORE =
  'the virtual phone sends a clip that was encoded before: no encoder’s time is in the figures';

export type Measured = { run: Run; notes: string[] };

export async function measure(bench: Bench, settings: Settings, title: string): Promise<Measured> {
  const { rig, options, signal } = bench;
  const ends = await connect(bench, settings);
  try {
    await warmUp(ends, options.warmup, signal);
    const meter = new CpuMeter(await rig.processes(), bench.processes);
    const recorded = await record(ends.viewer, options.duration, meter, signal);
    if (recorded.recording.metrics.frames.displayed === 0) {
      throw signal.aborted ? new Interrupted() : new Error('no frame was displayed during the measurement');
    }
    const notes = notesOn(recorded.recording, options.duration, signal.aborted);
    if (options.kind !== 'attach' && options.phone === 'virtual') notes.push(ENCODED_BEFORE);
    notes.push(...takeTroubles(ends.viewer).map((trouble) => `the viewer's page complained: ${trouble}`));
    return { run: runOf(bench, settings, title, recorded), notes };
  } finally {
    progressDone();
    await closeEnds(ends);
  }
}

async function connect({ rig, options, signal }: Bench, settings: Settings): Promise<Ends> {
  signal.throwIfAborted();
  progress('opening the viewer');
  const viewer = await rig.openViewer(settings);
  try {
    if (options.kind !== 'attach') return { viewer, phone: await rig.openPhone(viewer) };
    progressDone();
    const link = await joinLink(viewer.page);
    console.log(`Open this on the phone within 15 minutes, and start its camera:\n\n    ${link}\n`);
    return { viewer, phone: null };
  } catch (error) {
    // A sweep goes on: what stays open would work beside the next run.
    await closeEnds({ viewer, phone: null });
    throw error;
  }
}

function runOf({ rig, options, machine }: Bench, settings: Settings, title: string, recorded: Recorded): Run {
  const { metrics, frames, timeline } = recorded.recording;
  const { load, ...itself } = machine;
  const config = {
    ...metrics.config,
    viewer_query: viewerQuery(settings),
    // Somebody else's server keeps its own.
    ...(options.kind === 'attach' && metrics.mode !== 'wasm' ? {} : { threads: Number(settings.threads) }),
    // A real phone has no clip, and our own server's address tells nothing.
    ...(options.kind === 'attach'
      ? { attached: options.url }
      : { phone: options.phone, clip: basename(options.clip) }),
    warmup_s: options.warmup,
    browser: rig.browser,
    browser_gpu: false,
    headed: options.headed,
  };
  return {
    title,
    metrics: {
      ...metrics,
      cpu_percent: rounded(recorded.mean),
      config,
      machine: { ...metrics.machine, ...itself, load_before: load },
    },
    frames,
    timeline,
    cpu: recorded.cpu,
  };
}

/** To a tenth: the books are kept in steps of 10 ms. */
const rounded = (mean: Recorded['mean']): Recorded['mean'] => {
  const tenth = (value: number | null) => (value === null ? null : Math.round(10 * value) / 10);
  return { server: tenth(mean.server), viewer: tenth(mean.viewer), phone: tenth(mean.phone) };
};
