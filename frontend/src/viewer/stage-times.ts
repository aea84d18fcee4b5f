// How long each stage takes, told so that the stages add up to the end-to-end latency.
import type { StageSummary, StagesMs } from '../protocol/messages';
import { type FrameRecord, STAGES, type Stage } from './frame-record';
import { summarise } from './stats';

/** The share of the frames that stands for those of median latency, and the least number of them. */
const NEAREST = 0.05;
const LEAST = 5;
/** A frame whose stages miss its latency by more has one that is not known. */
const WHOLE_MS = 1;

export function stageTimes(records: readonly FrameRecord[]): StagesMs {
  const middle = medianFrames(records);
  return Object.fromEntries(STAGES.map((stage) => [stage, stageTime(stage, records, middle)])) as StagesMs;
}

/**
 * The stages' own medians do not add up: a frame that arrives late waits less for the screen's next refresh. So the
 * frames around the median latency are taken apart instead.
 */
function stageTime(
  stage: Stage,
  records: readonly FrameRecord[],
  middle: readonly FrameRecord[],
): StageSummary | null {
  const all = summarise(timesOf(stage, records));
  if (all === null) return null;
  if (middle.length === 0) return all;
  // Those of them that do not pass this stage spend no time in it.
  const spent = timesOf(stage, middle).reduce((sum, ms) => sum + ms, 0);
  return { median: spent / middle.length, p95: all.p95 };
}

const timesOf = (stage: Stage, records: readonly FrameRecord[]): number[] =>
  records.map(({ stages_ms }) => stages_ms[stage]).filter((ms) => ms !== null);

/** The frames nearest to the median of the end-to-end latency, of those whose stages are all known. */
function medianFrames(records: readonly FrameRecord[]): FrameRecord[] {
  const median = summarise(records.map(({ e2e_ms }) => e2e_ms))?.median ?? 0;
  const distance = ({ e2e_ms }: FrameRecord) => Math.abs(e2e_ms - median);
  const whole = records.filter(isWhole);
  const count = Math.max(LEAST, Math.ceil(NEAREST * whole.length));
  return whole.toSorted((a, b) => distance(a) - distance(b)).slice(0, count);
}

function isWhole({ stages_ms, e2e_ms }: FrameRecord): boolean {
  const sum = Object.values(stages_ms).reduce((total: number, ms) => total + (ms ?? 0), 0);
  return Math.abs(sum - e2e_ms) < WHOLE_MS;
}
