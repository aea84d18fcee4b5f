// What was measured so far. Memory is bounded; a value that was not measured is null.

import { noCounts } from '../detect/counts';
import type { CaptureSource, ClockReading, FromWorker, Stamps, WorkerCounts } from '../detect/messages';
import type { DetectionResult } from '../protocol/messages';
import { Recent, Sliding, type Summary } from './stats';

export type Frames = {
  sampled: number;
  sent: number;
  answered: number;
  displayed: number;
  dropped_client: number;
  dropped_server: number;
  errors: number;
};

const STAGES = [
  'capture_to_sample',
  'encode',
  'send',
  'uplink',
  'queue',
  'decode',
  'resize',
  'infer',
  'post',
  'downlink',
  'paint',
] as const;
type Stage = (typeof STAGES)[number];

export type MetricsReport = {
  mode: string;
  duration_s: number | null;
  frames: Frames;
  processed_fps: number | null;
  e2e_latency_ms: Summary | null;
  server_latency_ms: Summary | null;
  network_latency_ms: Summary | null;
  uplink_kbps: number | null;
  downlink_kbps: number | null;
  video_kbps: number | null;
  capture_clock: Record<CaptureSource, number>;
  clock_error_ms: number | null;
  cpu_percent: { server: number | null; viewer: number | null; phone: number | null };
  stages_ms: Record<Stage, Summary | null>;
  config: Record<string, unknown>;
  machine: Record<string, unknown>;
};

/** For the HUD: the last ten seconds. */
export type Glance = {
  fps: number | null;
  e2e: Summary | null;
  server: Summary | null;
  network: Summary | null;
};

type ResultMessage = FromWorker & { type: 'result' };

const HISTORY = 20_000;
const GLANCE_MS = 10_000;

export class Metrics {
  counts: WorkerCounts = noCounts();
  clock: ClockReading | null = null;
  private displayed = 0;
  private begun: number | null = null;
  private last: number | null = null;
  private readonly all = {
    e2e: new Recent(HISTORY),
    server: new Recent(HISTORY),
    network: new Recent(HISTORY),
  };
  private readonly glanceAt = {
    e2e: new Sliding(GLANCE_MS),
    server: new Sliding(GLANCE_MS),
    network: new Sliding(GLANCE_MS),
  };
  private readonly stages = Object.fromEntries(STAGES.map((stage) => [stage, new Recent(HISTORY)])) as Record<
    Stage,
    Recent
  >;

  noteCounts(counts: WorkerCounts, clock: ClockReading | null, now: number): void {
    if (clock) this.clock = clock;
    // Time runs from the first sampled frame to the last: waiting for a phone is no part of the measurement.
    if (counts.sampled > this.counts.sampled) {
      this.begun ??= now;
      this.last = now;
    }
    this.counts = counts;
  }

  /** `painted`, `shown`: when the canvas was drawn and when it came on screen; ms since the epoch, viewer's clock. */
  noteShown({ result, stamps, clock }: ResultMessage, painted: number, shown: number): void {
    this.displayed += 1;
    const server = serverLatency(result);
    const network = result.recv_ts - result.capture_ts;
    const e2e = shown + clock.offset - result.capture_ts;
    for (const [name, value] of Object.entries({ e2e, server, network }) as [
      keyof typeof this.all,
      number,
    ][]) {
      this.all[name].add(value);
      this.glanceAt[name].add(shown, value);
    }
    this.noteStages(result, stamps, clock.offset, painted);
  }

  get frames(): Frames {
    const { sampled, sent, answered, dropped_client, dropped_server, errors } = this.counts;
    return { sampled, sent, answered, displayed: this.displayed, dropped_client, dropped_server, errors };
  }

  glance(now: number): Glance {
    const { e2e, server, network } = this.glanceAt;
    return {
      fps: e2e.rate(now),
      e2e: e2e.summary(now),
      server: server.summary(now),
      network: network.summary(now),
    };
  }

  report(outside: Pick<MetricsReport, 'mode' | 'video_kbps' | 'config' | 'machine'>): MetricsReport {
    const seconds = this.seconds;
    const perSecond = (amount: number) => (seconds ? amount / seconds : null);
    const { counts, all } = this;
    return {
      mode: outside.mode,
      duration_s: seconds,
      frames: this.frames,
      processed_fps: perSecond(this.displayed),
      e2e_latency_ms: all.e2e.summary(),
      server_latency_ms: all.server.summary(),
      network_latency_ms: all.network.summary(),
      uplink_kbps: perSecond((counts.bytes_up * 8) / 1000),
      downlink_kbps: perSecond((counts.bytes_down * 8) / 1000),
      video_kbps: outside.video_kbps,
      capture_clock: { ...counts.capture_clock },
      clock_error_ms: this.clock?.error ?? null,
      // A page cannot tell a processor's load; the benchmark's own script can.
      cpu_percent: { server: null, viewer: null, phone: null },
      stages_ms: Object.fromEntries(
        STAGES.map((stage) => [stage, this.stages[stage].summary()]),
      ) as MetricsReport['stages_ms'],
      config: outside.config,
      machine: outside.machine,
    };
  }

  /** From the first sampled frame to the end of the last one's interval: n frames last n intervals, not n − 1. */
  private get seconds(): number | null {
    const { sampled } = this.counts;
    if (this.begun === null || this.last === null || sampled < 2) return null;
    return ((this.last - this.begun) / 1000) * (sampled / (sampled - 1));
  }

  private noteStages(result: DetectionResult, stamps: Stamps, offset: number, painted: number): void {
    const { sampled, encoded, sent, answered } = stamps;
    const spent: Partial<Record<Stage, number>> = {
      capture_to_sample: sampled + offset - result.capture_ts,
      paint: painted - answered,
    };
    // Frames that are inferred in this page do not travel.
    if (encoded !== undefined && sent !== undefined) {
      spent.encode = encoded - sampled;
      spent.send = sent - encoded;
      spent.uplink = result.recv_ts - (sent + offset);
      spent.downlink = answered + offset - result.inference_ts;
    }
    const { timing } = result;
    if (timing) {
      spent.queue = timing.queue_us / 1000;
      spent.decode = timing.decode_us / 1000;
      spent.resize = timing.resize_us / 1000;
      spent.infer = timing.infer_us / 1000;
      spent.post = timing.post_us / 1000;
    }
    for (const [stage, ms] of Object.entries(spent) as [Stage, number][]) this.stages[stage].add(ms);
  }
}

/** `inference_ts − recv_ts`; the timing's microseconds add up to it and say it finer. */
export function serverLatency({ recv_ts, inference_ts, timing }: DetectionResult): number {
  if (!timing) return inference_ts - recv_ts;
  const { queue_us, decode_us, resize_us, infer_us, post_us } = timing;
  return (queue_us + decode_us + resize_us + infer_us + post_us) / 1000;
}
