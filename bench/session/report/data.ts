// What the report shows: what one run of the bench measured, or several runs of a sweep.
import type { MetricsReport } from '../../../frontend/src/protocol/messages';
import type { Recording } from '../../../frontend/src/viewer/recording';

/** Percent of one core that each process tree took, second by second; null where it cannot be told. */
export type CpuSample = { at: number; server: number | null; viewer: number | null; phone: number | null };

export type Run = {
  /** What tells it from the other runs of a sweep, such as "fps 15, size 320x240". */
  title: string;
  /** As written to metrics.json: with cpu_percent, config and machine filled in. */
  metrics: MetricsReport;
  frames: Recording['frames'];
  timeline: Recording['timeline'];
  cpu: CpuSample[];
};

export type ReportData = {
  /** When it was measured, ISO 8601. */
  made: string;
  /** The command that makes it again. */
  command: string;
  /** One, or all of a sweep. */
  runs: Run[];
  /** What a reader must know, such as "interrupted after 12 s". */
  notes: string[];
};
