import { expect, it } from 'vitest';
import { Opening } from './opening';

it('the doctor shows itself once for each trouble that lasts', () => {
  const opening = new Opening();
  expect(opening.due(true, 0)).toBe(false);
  expect(opening.due(true, 4999)).toBe(false);
  expect(opening.due(true, 5000)).toBe(true);
  expect(opening.due(true, 60_000), 'closed by hand, it stays closed').toBe(false);
  expect(opening.due(false, 61_000)).toBe(false);
  expect(opening.due(true, 62_000)).toBe(false);
  expect(opening.due(false, 64_000)).toBe(false);
  expect(opening.due(true, 66_000), 'another trouble begins to count').toBe(false);
  expect(opening.due(true, 71_000)).toBe(true);
});
