// What was measured so far. Memory is bounded; a value that was not measured is null.

import { noCounts } from '../detect/counts';
import type { ClockReading, WorkerCounts } from '../detect/messages';
import type {
  FrameCounts,
  HiddenTime as HiddenPart,
  MetricsReport,
  StagesMs,
  Summary,
} from '../protocol/messages';
import { type AnsweredFrame, type FrameRecord, frameRecord, type ShownTimes } from './frame-record';
import { HiddenTime } from './hidden-time';
import { stageTimes } from './stage-times';
import { perSecond, summarise } from './stats';

/** For the HUD: the last ten seconds, or those since the tab came into sight. */
export type Glance = {
  fps: number | null;
  e2e: Summary | null;
  server: Summary | null;
  network: Summary | null;
};

/** Frames whose records are kept, the newest: some twenty minutes. A recording keeps all of its own. */
const KEPT = 20_000;
const GLANCE_MS = 10_000;
/** The browser tells of a frame's arrival when it shows the frame, which may be after its boxes are on screen. */
const ARRIVAL_TOLD_MS = 500;

/** When a frame of the video arrived, by its RTP timestamp; null while, or where, that is not known. */
export type ArrivalOf = (rtpTimestamp: number | undefined) => number | null;

/** What had been counted when the page heard of it, and how long the tab had been hidden by then. */
type News = { at: number; counts: WorkerCounts; hidden: number };

export class Metrics {
  /** For a recording: it ends, and tells of every frame. */
  keepsAll = false;
  /** Of the frames shown, oldest first. */
  private readonly records: FrameRecord[] = [];
  /** Shown, and their arrival is still waited for. */
  private unsettled: { frame: AnsweredFrame; times: ShownTimes }[] = [];
  counts: WorkerCounts = noCounts();
  clock: ClockReading | null = null;
  private displayed = 0;
  private answeredHidden = 0;
  /** The first and the last news of a sampled frame: waiting for a phone is no part of the measurement. */
  private first: News | null = null;
  private last: News | null = null;

  constructor(
    private readonly arrivalOf: ArrivalOf,
    private readonly hiddenTime = new HiddenTime(),
  ) {}

  noteCounts(counts: WorkerCounts, clock: ClockReading | null, now: number): void {
    if (clock) this.clock = clock;
    if (counts.sampled > this.counts.sampled) {
      this.last = { at: now, counts, hidden: this.hiddenTime.until(now) };
      this.first ??= this.last;
    }
    this.counts = counts;
  }

  noteShown({ result, capture, rtpTimestamp, stamps, clock }: AnsweredFrame, times: ShownTimes): void {
    this.displayed += 1;
    this.unsettled.push({ frame: { result, capture, rtpTimestamp, stamps, clock }, times });
    this.settle(times.shown - ARRIVAL_TOLD_MS);
  }

  /** A frame was answered that nobody sees, since the tab is hidden. */
  noteUnseen(): void {
    this.answeredHidden += 1;
  }

  /** All frames shown so far, oldest first. News of an arrival may still come: reading does not end the waiting. */
  allRecords(): FrameRecord[] {
    const waiting = this.unsettled.map(({ frame, times }) =>
      frameRecord(frame, this.receivedAt(frame), times),
    );
    return [...this.records, ...waiting];
  }

  get frames(): FrameCounts {
    const { sampled, sent, answered, dropped_client, dropped_server, errors } = this.counts;
    return { sampled, sent, answered, displayed: this.displayed, dropped_client, dropped_server, errors };
  }

  /** Null while there is no measurement. */
  get hidden(): HiddenPart | null {
    const { duration } = this;
    if (duration === null) return null;
    return { duration_s: (this.hiddenShare * duration) / 1000, answered: this.answeredHidden };
  }

  glance(now: number): Glance {
    const recent = this.recentRecords(now);
    const oldest = recent[0];
    // From the oldest to now there are as many intervals as frames were shown after it.
    const intervals = recent.length - 1 + this.unsettled.length;
    return {
      fps: oldest && intervals > 0 ? perSecond(intervals, now - oldest.shown) : null,
      ...latencies(recent),
    };
  }

  /** Of the last ten seconds, too; apart, because they are seldom looked at. */
  recentStages(now: number): StagesMs {
    return stageTimes(this.recentRecords(now));
  }

  report(outside: Pick<MetricsReport, 'mode' | 'video_kbps' | 'config' | 'machine'>): MetricsReport {
    const { counts, duration, hidden } = this;
    const inSight = duration === null ? 0 : duration * (1 - this.hiddenShare);
    const records = this.allRecords();
    const { e2e, server, network } = latencies(records);
    return {
      mode: outside.mode,
      duration_s: duration === null ? null : duration / 1000,
      frames: this.frames,
      hidden,
      processed_fps: inSight > 0 ? perSecond(this.displayed, inSight) : null,
      e2e_latency_ms: e2e,
      server_latency_ms: server,
      network_latency_ms: network,
      uplink_kbps: this.kbps('bytes_up'),
      downlink_kbps: this.kbps('bytes_down'),
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

  private recentRecords(now: number): FrameRecord[] {
    const since = Math.max(now - GLANCE_MS, this.hiddenTime.visibleSince);
    const first = this.records.findLastIndex(({ shown }) => shown < since) + 1;
    return this.records.slice(first);
  }

  /** Frames shown before `patience` are not waited for any longer. */
  private settle(patience: number): void {
    for (const { frame, times } of this.unsettled) {
      const received = this.receivedAt(frame);
      if (received === null && times.shown > patience) break;
      this.unsettled = this.unsettled.slice(1);
      this.records.push(frameRecord(frame, received, times));
    }
    if (!this.keepsAll && this.records.length > KEPT)
      this.records.splice(0, this.records.length - 0.9 * KEPT);
  }

  private receivedAt({ capture, rtpTimestamp }: AnsweredFrame): number | null {
    return capture.received ?? this.arrivalOf(rtpTimestamp);
  }

  /** Ms from the first sampled frame to the end of the last one's interval: n frames last n intervals. */
  private get duration(): number | null {
    const { first, last } = this;
    if (!first || !last) return null;
    // The first news may tell of several frames at once.
    const intervals = last.counts.sampled - first.counts.sampled;
    return intervals > 0 ? (last.at - first.at) * (last.counts.sampled / intervals) : null;
  }

  /** Of the duration. */
  private get hiddenShare(): number {
    const { first, last } = this;
    return first && last && last.at > first.at ? (last.hidden - first.hidden) / (last.at - first.at) : 0;
  }

  /** Pings go on while no frame comes: bytes are counted over the same time as they are divided by. */
  private kbps(direction: 'bytes_up' | 'bytes_down'): number | null {
    const { first, last } = this;
    if (!first || !last) return null;
    const bytes = last.counts[direction] - first.counts[direction];
    return perSecond((bytes * 8) / 1000, last.at - first.at);
  }
}

function latencies(records: readonly FrameRecord[]): Pick<Glance, 'e2e' | 'server' | 'network'> {
  return {
    e2e: summarise(records.map(({ e2e_ms }) => e2e_ms)),
    server: summarise(records.map(({ server_ms }) => server_ms)),
    network: summarise(records.map(({ network_ms }) => network_ms)),
  };
}
