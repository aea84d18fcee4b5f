import { expect, it } from 'vitest';
import { codeIn, isTyped, wordsFor } from './code-form';

it('takes a code as people type it', () => {
  for (const typed of ['K7P4QX', 'k7p 4qx', ' K7P-4QX ', 'k7p\u00a04qx', 'K7P–4QX']) {
    expect(codeIn(typed)).toBe('K7P4QX');
  }
  expect(codeIn('../api?x=1#')).toBe('APIX1');
});

it('tells a code from the token in a link', () => {
  expect(isTyped('')).toBe(true);
  expect(isTyped('k7p 4qx')).toBe(true);
  expect(isTyped('abcdefghijklmnopqrstuvwxyz')).toBe(false);
});

it('says why a code opened nothing', () => {
  expect(wordsFor('', false).title).toMatch(/type the code/i);
  expect(wordsFor('K7P4QX', false).title).toMatch(/expired or was mistyped/);
  expect(wordsFor('K7P4QX', true).detail).toMatch(/wait a minute/i);
});
