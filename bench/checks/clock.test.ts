import { expect, it } from 'vitest';
import { goalsOf, type Run } from './clock';

const run = (round: number, phone: Run['phone'], e2e: number, arrival: number, timed = 75): Run =>
  ({
    round,
    phone,
    ahead: 0,
    metrics: {
      e2e_latency_ms: { median: e2e, p95: e2e + 20 },
      stages_ms: { capture_to_receive: { median: arrival, p95: arrival } },
      capture_clock: { capture_time: timed, receive_time: 75 - timed, sample_time: 0 },
    },
  }) as Run;

const rounds = (ahead: [number, number], timed = 75): Run[] =>
  [0, 1, 2].flatMap((round) => [
    // One round in which all frames miss the screen's refresh.
    run(round, 'right', round === 1 ? 61 : 45, 5),
    run(round, 'ahead', ...ahead, timed),
    run(round, 'behind', 47, 5),
  ]);

const unmet = (runs: Run[]) => goalsOf(runs).filter(({ met }) => !met);

it('passes where the wrong clock changes nothing', () => {
  expect(unmet(rounds([48, 6]))).toEqual([]);
});

it('fails where a clock leaks into the latency, or into its first stage', () => {
  expect(unmet(rounds([5045, 5005]))).toHaveLength(2);
  expect(unmet(rounds([48, 30]))[0]?.text).toMatch(/clock ahead: camera to arrival/);
});

it('fails where the phone’s camera timed too few frames, or a figure is missing', () => {
  expect(unmet(rounds([48, 6], 10))).toHaveLength(1);
  expect(unmet(rounds([Number.NaN, 6]))).toHaveLength(1);
});
