import { expect, it } from 'vitest';
import type { PhoneFacts } from './facts';
import { Reporter } from './reporter';
import { failed, link, phone } from './sample-facts';

it('the phone tells of changes at once, of figures when asked, and of nothing more often than every 2 s', () => {
  const told: PhoneFacts[] = [];
  const reporter = new Reporter((facts) => told.push(facts));
  reporter.note(phone, 0);
  expect(told).toHaveLength(1);

  reporter.note({ ...phone, postMs: 99, link: { ...link, fps: 3 } }, 60_000);
  expect(told, 'figures alone are no news').toHaveLength(1);

  reporter.note({ ...phone, link: failed }, 60_001);
  expect(told).toHaveLength(2);
  reporter.note({ ...phone, camera: 'lost' }, 61_000);
  reporter.ask();
  reporter.note({ ...phone, camera: 'lost' }, 61_500);
  expect(told, 'too soon').toHaveLength(2);
  reporter.note({ ...phone, camera: 'lost' }, 62_001);
  expect(told.at(-1)?.camera).toBe('lost');

  reporter.note({ ...phone, camera: 'lost' }, 70_000);
  expect(told).toHaveLength(3);
  reporter.ask();
  reporter.note({ ...phone, camera: 'lost' }, 70_001);
  expect(told).toHaveLength(4);
});
