import { expect, it } from 'vitest';
import { Filter } from './filter';

it('shows what is sure enough and not hidden', () => {
  const filter = new Filter();
  filter.hidden.add('dog');
  const at = { xmin: 0, ymin: 0, xmax: 1, ymax: 1 };
  const shown = filter.apply([
    { label: 'person', score: 0.5, ...at },
    { label: 'person', score: 0.49, ...at },
    { label: 'dog', score: 0.9, ...at },
  ]);
  expect(shown.map(({ label, score }) => `${label} ${score}`)).toEqual(['person 0.5']);
});
