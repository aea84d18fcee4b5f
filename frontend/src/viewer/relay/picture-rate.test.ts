import { expect, it } from 'vitest';
import { PictureRate } from './picture-rate';

it('tells how many pictures came a second, none when none come, and nothing at first', () => {
  const rate = new PictureRate();
  expect(rate.at(0)).toBeNull();
  for (let now = 0; now <= 4000; now += 100) rate.note(now);
  expect(rate.at(4000)).toBe(10);
  expect(rate.at(5500)).toBe(5);
  expect(rate.at(7000)).toBe(0);
  rate.forget();
  rate.note(8000);
  expect(rate.at(8000)).toBeNull();
});
