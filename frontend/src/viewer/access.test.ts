import { expect, test } from 'vitest';
import { splitFragment } from './access';

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
