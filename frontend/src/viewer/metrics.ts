// What was measured so far. Memory is bounded; a value that was not measured is null.

import { noCounts } from '../detect/counts';
import type { ClockReading, WorkerCounts } from '../detect/messages';
import type { FrameCounts, MetricsReport, StagesMs, Summary } from '../protocol/messages';
import { type AnsweredFrame, type FrameRecord, frameRecord, type ShownTimes } from './frame-record';
import { stageTimes } from './stage-times';
import { perSecond, summarise } from './stats';

/** For the HUD: the last ten seconds. */
export type Glance = {
  fps: number | null;
  e2e: Summary | null;
  server: Summary | null;
  network: Summary | null;
  stages: StagesMs;
};

/** Frames whose records are kept, the newest: some twenty minutes. */
const KEPT = 20_000;
const GLANCE_MS = 10_000;
/** The browser tells of a frame's arrival when it shows the frame, which may be after its boxes are on screen. */
const ARRIVAL_TOLD_MS = 500;

/** When a frame of the video arrived, by its RTP timestamp; null while, or where, that is not known. */
export type ArrivalOf = (rtpTimestamp: number | undefined) => number | null;

export class Metrics {
  /** Of the frames shown, oldest first. */
  private readonly records: FrameRecord[] = [];
  /** Shown, and their arrival is still waited for. */
  private unsettled: { frame: AnsweredFrame; times: ShownTimes }[] = [];
  counts: WorkerCounts = noCounts();
  clock: ClockReading | null = null;
  private displayed = 0;
  private begun: number | null = null;
  private last: number | null = null;

  constructor(private readonly arrivalOf: ArrivalOf) {}

  noteCounts(counts: WorkerCounts, clock: ClockReading | null, now: number): void {
    if (clock) this.clock = clock;
    // Time runs from the first sampled frame to the last: waiting for a phone is no part of the measurement.
    if (counts.sampled > this.counts.sampled) {
      this.begun ??= now;
      this.last = now;
    }
    this.counts = counts;
  }

  noteShown({ result, capture, rtpTimestamp, stamps, clock }: AnsweredFrame, times: ShownTimes): void {
    this.displayed += 1;
    this.unsettled.push({ frame: { result, capture, rtpTimestamp, stamps, clock }, times });
    this.settle(times.shown - ARRIVAL_TOLD_MS);
  }

  /** All frames shown so far, oldest first. */
  allRecords(): FrameRecord[] {
    this.settle(Number.POSITIVE_INFINITY);
    return [...this.records];
  }

  get frames(): FrameCounts {
    const { sampled, sent, answered, dropped_client, dropped_server, errors } = this.counts;
    return { sampled, sent, answered, displayed: this.displayed, dropped_client, dropped_server, errors };
  }

  glance(now: number): Glance {
    const first = this.records.findLastIndex(({ shown }) => now - shown > GLANCE_MS) + 1;
    const recent = this.records.slice(first);
    const oldest = recent[0];
    return {
      // From the oldest to now there are as many intervals as frames came after it.
      fps: oldest && recent.length > 1 ? perSecond(recent.length - 1, now - oldest.shown) : null,
      ...latencies(recent),
      stages: stageTimes(recent),
    };
  }

  report(outside: Pick<MetricsReport, 'mode' | 'video_kbps' | 'config' | 'machine'>): MetricsReport {
    const { counts, duration } = this;
    const records = this.allRecords();
    const rate = (amount: number) => (duration === null ? null : perSecond(amount, duration));
    const { e2e, server, network } = latencies(records);
    return {
      mode: outside.mode,
      duration_s: duration === null ? null : duration / 1000,
      frames: this.frames,
      processed_fps: rate(this.displayed),
      e2e_latency_ms: e2e,
      server_latency_ms: server,
      network_latency_ms: network,
      uplink_kbps: rate((counts.bytes_up * 8) / 1000),
      downlink_kbps: rate((counts.bytes_down * 8) / 1000),
      video_kbps: outside.video_kbps,
      capture_clock: { ...counts.capture_clock },
      clock_error_ms: this.clock?.error ?? null,
      // A page cannot tell a processor's load; the benchmark's own script can.
      cpu_percent: { server: null, viewer: null, phone: null },
      stages_ms: stageTimes(records),
      config: outside.config,
      machine: outside.machine,
    };
  }

  /** Frames shown before `patience` are not waited for any longer. */
  private settle(patience: number): void {
    for (const { frame, times } of this.unsettled) {
      const received = this.arrivalOf(frame.rtpTimestamp);
      if (received === null && times.shown > patience) break;
      this.unsettled = this.unsettled.slice(1);
      this.records.push(frameRecord(frame, received, times));
    }
    if (this.records.length > KEPT) this.records.splice(0, KEPT / 10);
  }

  /** Ms from the first sampled frame to the end of the last one's interval: n frames last n intervals, not n − 1. */
  private get duration(): number | null {
    const { sampled } = this.counts;
    if (this.begun === null || this.last === null || sampled < 2) return null;
    return (this.last - this.begun) * (sampled / (sampled - 1));
  }
}

function latencies(records: readonly FrameRecord[]): Pick<Glance, 'e2e' | 'server' | 'network'> {
  return {
    e2e: summarise(records.map(({ e2e_ms }) => e2e_ms)),
    server: summarise(records.map(({ server_ms }) => server_ms)),
    network: summarise(records.map(({ network_ms }) => network_ms)),
  };
}
