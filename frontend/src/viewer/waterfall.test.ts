import { expect, it } from 'vitest';
import type { StagesMs } from '../protocol/messages';
import { STAGES } from './frame-record';
import { layOut } from './waterfall';

const nothing = Object.fromEntries(STAGES.map((stage) => [stage, null])) as StagesMs;

it('lets each stage begin where the medians before it end', () => {
  const placed = layOut({
    ...nothing,
    capture_to_receive: { median: 10, p95: 15 },
    infer: { median: 30, p95: 90 },
    display: { median: 10, p95: 12 },
  });
  const of = (stage: string) => placed.find((each) => each.stage === stage);
  expect(of('capture_to_receive')).toMatchObject({ start: 0, scale: 1 / 100 });
  expect(of('encode')).toMatchObject({ start: 10, median: null });
  expect(of('infer')).toMatchObject({ start: 10, p95: 90 });
  expect(of('display')).toMatchObject({ start: 40 });
});

it('has nothing to scale before anything was measured', () => {
  expect(layOut(null).every(({ start, scale }) => start === 0 && scale === 0)).toBe(true);
});
