import { afterEach, expect, test, vi } from 'vitest';
import { splitFragment, untilLetIn } from './access';

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('the key is taken out of the fragment, and only that', () => {
  expect(splitFragment('#key=correct-horse')).toEqual({ key: 'correct-horse', rest: '' });
  expect(splitFragment('#a=1&key=x%2By%25+z&b=2')).toEqual({ key: 'x+y%+z', rest: '#a=1&b=2' });
});

test('a fragment without a key stays as it is', () => {
  for (const hash of ['', '#', '#labels', '#monkey=banana', '#a&b']) {
    expect(splitFragment(hash)).toEqual({ key: null, rest: hash });
  }
});

test('an empty key is none, and does not stay in the address', () => {
  expect(splitFragment('#key=')).toEqual({ key: null, rest: '' });
});

test('however often it waits, it looks at a new fragment once', async () => {
  vi.useFakeTimers();
  const page = new EventTarget();
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
  vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page));
  vi.stubGlobal('document', { getElementById: () => ({ dataset: {} }) });
  const hash = vi.fn(() => '');
  vi.stubGlobal('location', Object.defineProperty({}, 'hash', { get: hash }));
  const later = () => Response.json({ error: 'too_many', message: 'later' }, { status: 429 });
  const ask = vi.fn(async () => later());
  vi.stubGlobal('fetch', ask);
  const letIn = untilLetIn();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(ask.mock.calls.length).toBeGreaterThan(3);
  page.dispatchEvent(new Event('hashchange'));
  expect(hash).toHaveBeenCalledTimes(1);
  ask.mockImplementation(async () => Response.json({}));
  await vi.advanceTimersByTimeAsync(10_000);
  await letIn;
});
