import type { WorkerCounts } from './messages';

/** Before anything has happened. */
export const noCounts = (): WorkerCounts => ({
  sampled: 0,
  sent: 0,
  answered: 0,
  dropped_client: 0,
  dropped_server: 0,
  errors: 0,
  capture_clock: { capture_time: 0, receive_time: 0, sample_time: 0 },
  bytes_up: 0,
  bytes_down: 0,
  reconnects: 0,
});
