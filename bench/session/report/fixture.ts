// Runs as a bench would measure them, the same at every call: for tests, and to look at a report without a measurement.
import type { FrameCounts } from '../../../frontend/src/protocol/messages';
import { type FrameRecord, STAGES, type Stage } from '../../../frontend/src/viewer/frame-record';
import { stageTimes } from '../../../frontend/src/viewer/stage-times';
import { summarise } from '../../../frontend/src/viewer/stats';
import type { CpuSample, ReportData, Run } from './data';
import { NOT_IN_BROWSER } from './stages';

const BEGIN = 1_760_000_000_000;

/** Typical ms in server mode. */
const TYPICAL: Record<Stage, number> = {
  capture_to_receive: 13,
  receive_to_sample: 9,
  encode: 2.4,
  uplink: 1.1,
  queue: 0.15,
  decode: 0.26,
  resize: 0.21,
  infer: 10.4,
  post: 0.34,
  downlink: 0.9,
  paint: 1.6,
  display: 9.5,
};

const CONFIG = {
  clip: 'people.mjpeg',
  size: '320x240',
  fps: 15,
  quality: 0.7,
  warmup_s: 5,
  threads: 1,
  model: 'ssdlite_mobilenet_v2',
  browser: 'Chromium 140',
  headed: false,
  gpu: null,
};

const MACHINE = {
  processor: 'Example CPU @ 2.60GHz',
  cores: 2,
  memory_gib: 8,
  os: 'Example Linux 13',
  kernel: 'Linux 6.1',
  load_before: 0.31,
};

export type Wanted = { title: string; mode: 'server' | 'wasm'; seconds: number; fps: number; seed?: number };

/** Mulberry32: good enough to look real. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function sampleRun({ title, mode, seconds, fps, seed = 1 }: Wanted): Run {
  const chance = random(seed);
  const made = Array.from({ length: seconds * fps }, (_, index) => frame(index, fps, mode, chance));
  const fates = made.map(() => fate(mode, chance()));
  const frames = made.filter((_, index) => fates[index] === 'displayed');
  const timeline = Array.from({ length: seconds + 1 }, (_, second) => {
    const at = BEGIN + second * 1000;
    return {
      at,
      frames: counts(
        fates.filter((_, index) => (made[index]?.shown ?? 0) < at),
        second * fps,
      ),
    };
  });
  const cpu = Array.from({ length: seconds }, (_, second) => load(second, mode, chance));
  return {
    title,
    frames,
    timeline,
    cpu,
    metrics: metrics(mode, seconds, frames, timeline.at(-1)?.frames, cpu),
  };
}

function frame(index: number, fps: number, mode: Wanted['mode'], chance: () => number): FrameRecord {
  const hiccup = chance() > 0.99 ? 6 : 1;
  const ms = (stage: Stage) => {
    const slower = mode === 'wasm' && stage === 'infer' ? 6.2 : 1;
    return (
      TYPICAL[stage] * slower * hiccup * (0.72 + 0.5 * chance() + (chance() > 0.93 ? 0.8 * chance() : 0))
    );
  };
  const away = (stage: Stage) => mode === 'wasm' && NOT_IN_BROWSER.includes(stage);
  const stages_ms = Object.fromEntries(
    STAGES.map((stage) => [stage, away(stage) ? null : ms(stage)]),
  ) as FrameRecord['stages_ms'];
  const arrival = index < 2 * fps && index % 7 === 3;
  if (arrival) stages_ms.capture_to_receive = null;
  const sum = (stages: readonly Stage[]) =>
    stages.reduce((total, stage) => total + (stages_ms[stage] ?? 0), 0);
  const e2e_ms = sum(STAGES);
  const captured = BEGIN + (1000 * index) / fps;
  return {
    frame_id: index + 100,
    captured,
    capture_source: arrival ? 'receive_time' : 'capture_time',
    shown: captured + e2e_ms,
    e2e_ms,
    server_ms: sum(['queue', 'decode', 'resize', 'infer', 'post']),
    network_ms: sum(['capture_to_receive', 'receive_to_sample', 'encode', 'uplink']),
    stages_ms,
  };
}

type Fate = 'displayed' | 'dropped_client' | 'dropped_server' | 'errors';

function fate(mode: Wanted['mode'], chance: number): Fate {
  if (chance > 0.995) return 'errors';
  if (chance > 0.98 && mode === 'server') return 'dropped_server';
  return chance > 0.94 ? 'dropped_client' : 'displayed';
}

function counts(fates: Fate[], sampled: number): FrameCounts {
  const number = (wanted: Fate) => fates.filter((each) => each === wanted).length;
  const [displayed, dropped_client, dropped_server, errors] = [
    number('displayed'),
    number('dropped_client'),
    number('dropped_server'),
    number('errors'),
  ];
  const sent = displayed + dropped_server + errors;
  return { sampled, sent, answered: displayed, displayed, dropped_client, dropped_server, errors };
}

function load(second: number, mode: Wanted['mode'], chance: () => number): CpuSample {
  const near = (percent: number) => percent * (0.9 + 0.2 * chance());
  const at = BEGIN + 1000 * (second + 1);
  return {
    at,
    server: near(mode === 'wasm' ? 0.6 : 19),
    viewer: near(mode === 'wasm' ? 128 : 61),
    phone: near(38),
  };
}

function metrics(
  mode: Wanted['mode'],
  seconds: number,
  frames: FrameRecord[],
  last: FrameCounts | undefined,
  cpu: CpuSample[],
): Run['metrics'] {
  const local = mode === 'wasm';
  const of = (value: (frame: FrameRecord) => number) => summarise(frames.map(value));
  const mean = (tree: 'server' | 'viewer' | 'phone') =>
    cpu.length === 0 ? null : cpu.reduce((sum, sample) => sum + (sample[tree] ?? 0), 0) / cpu.length;
  const source = (name: FrameRecord['capture_source']) =>
    frames.filter(({ capture_source }) => capture_source === name).length;
  return {
    mode,
    duration_s: seconds,
    frames: last ?? counts([], 0),
    processed_fps: seconds > 0 ? frames.length / seconds : null,
    e2e_latency_ms: of(({ e2e_ms }) => e2e_ms),
    server_latency_ms: of(({ server_ms }) => server_ms),
    network_latency_ms: of(({ network_ms }) => network_ms),
    uplink_kbps: local ? 0 : 1284,
    downlink_kbps: local ? 0 : 41,
    video_kbps: 1720,
    capture_clock: {
      capture_time: source('capture_time'),
      receive_time: source('receive_time'),
      sample_time: source('sample_time'),
    },
    clock_error_ms: local ? null : 0.21,
    cpu_percent: { server: mean('server'), viewer: mean('viewer'), phone: mean('phone') },
    stages_ms: stageTimes(frames),
    config: CONFIG,
    machine: MACHINE,
  };
}

/** What is left when the connection broke before any frame came through. */
export function emptyRun(title: string): Run {
  const run = sampleRun({ title, mode: 'server', seconds: 0, fps: 15 });
  const none = { server: null, viewer: null, phone: null };
  return {
    ...run,
    timeline: [],
    cpu: [],
    metrics: {
      ...run.metrics,
      duration_s: null,
      uplink_kbps: null,
      downlink_kbps: null,
      video_kbps: null,
      clock_error_ms: null,
      cpu_percent: none,
    },
  };
}

export const sampleReport = (...runs: Run[]): ReportData => ({
  made: '2025-10-09T08:53:20.000Z',
  command: './bench/run_bench.sh --duration 30 --mode server',
  runs,
  notes: ['Phone, viewer and server share this machine.'],
});
