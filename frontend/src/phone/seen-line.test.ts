import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { SeenLine } from './seen-line';

let elements: Record<string, { hidden: boolean; textContent: string }>;

beforeEach(() => {
  vi.useFakeTimers();
  elements = {
    seen: { hidden: true, textContent: '' },
    'seen-spoken': { hidden: false, textContent: '' },
  };
  vi.stubGlobal('document', { getElementById: (id: string) => elements[id] });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const shown = () => (elements.seen?.hidden ? null : elements.seen?.textContent);

it('says what is seen as long as it is told, and goes when nothing is told any more', () => {
  const line = new SeenLine();
  line.show({ label: 'dog', score: 0.7 });
  for (let n = 0; n < 5; n++) {
    vi.advanceTimersByTime(3000);
    expect(shown()).toBe('You are seen as: dog 0.70');
    line.show({ label: 'dog', score: 0.7 });
  }
  vi.advanceTimersByTime(8000);
  expect(shown()).toBeNull();
  line.show(null);
  expect(shown()).toBe('Nothing found');
});

it('goes at once when nobody looks any more', () => {
  const line = new SeenLine();
  line.show(null);
  line.hide();
  expect(shown()).toBeNull();
});
