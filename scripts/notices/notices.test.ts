import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Component, textsIn } from './component';
import { differences, render } from './document';
import { completed, problems } from './policy';

const crate = (name: string, changes: Partial<Component> = {}): Component => ({
  name,
  version: '1.0.0',
  licence: 'MIT',
  texts: [`Copyright of ${name}`],
  ...changes,
});

describe('what may ship', () => {
  const problemsOf = (changes: Partial<Component>) => problems([crate('some', changes)], {});

  test('is under a licence that asks for its notice only, or offers one', () => {
    expect(problemsOf({})).toEqual([]);
    expect(problemsOf({ licence: 'GPL-3.0-only OR MIT' })).toEqual([]);
    expect(problemsOf({ licence: '(MIT OR Apache-2.0) AND Unicode-3.0' })).toEqual([]);
  });

  test.each(['GPL-3.0-only', 'MIT AND GPL-3.0-only', 'as the file says', 'SEE LICENSE IN FILE', ''])(
    'is not under %j',
    (licence) => {
      expect(problemsOf({ licence })).toEqual([expect.stringContaining('some@1.0.0 is under')]);
    },
  );

  test('carries the text of its licence', () => {
    expect(problemsOf({ texts: [] })).toEqual([
      expect.stringContaining('some@1.0.0 carries no licence text'),
    ]);
  });

  test('may have its text added, for this version only', () => {
    const bare = crate('some', { texts: [] });
    const leftOut = { 'some@1.0.0': ['LICENSE-MIT'] };
    expect(completed([bare], leftOut)[0]?.texts).toEqual([
      expect.stringContaining('Permission is hereby granted'),
    ]);
    expect(completed([{ ...bare, version: '1.0.1' }], leftOut)[0]?.texts).toEqual([]);
  });

  test('is all that the policy names', () => {
    expect(problems([crate('some')], { 'gone@1.0.0': [] })).toEqual([
      expect.stringContaining('gone@1.0.0 does not ship'),
    ]);
  });
});

describe('the page', () => {
  const page = (...components: Component[]) => render([{ title: 'Crates', components }]);

  test('is the same in whatever order packages come', () => {
    const [a, b, c] = [crate('a'), crate('b'), crate('b', { version: '0.9.0' })];
    expect(page(a, b, c)).toBe(page(c, b, a));
  });

  test('has a text once, however its lines are broken', () => {
    const texts = (text: string) => ({ texts: [text] });
    const one = page(
      crate('a', texts('same words')),
      crate('b', texts('same\n  words')),
      crate('c', texts('others')),
    );
    expect(one.match(/^### Text/gm)).toHaveLength(2);
    expect(one).toContain('Of a 1.0.0, b 1.0.0.\n');
  });

  test('that is out of date says which package it is', () => {
    const kept = page(crate('a'), crate('b'));
    expect(differences(kept, kept)).toEqual([]);
    expect(differences(kept, page(crate('a'), crate('b'), crate('c')))).toEqual([
      'missing or different: c 1.0.0 MIT',
    ]);
    expect(differences(kept, page(crate('b')))).toEqual(['no longer so: a 1.0.0 MIT']);
    expect(differences(kept, page(crate('a'), crate('b', { licence: 'ISC' })))).toEqual([
      'missing or different: b 1.0.0 ISC',
      'no longer so: b 1.0.0 MIT',
    ]);
  });

  test('whose texts were changed says in which line, and of which package', () => {
    const kept = page(crate('a'), crate('b'));
    const changed = kept.replace('Copyright of b', 'Copyright of z');
    expect(differences(changed, kept)).toEqual([
      expect.stringMatching(/^line \d+ differs, in the text of b 1\.0\.0$/),
    ]);
    expect(differences(`${kept}more`, kept)).toEqual([expect.stringMatching(/^line \d+ differs/)]);
    expect(differences(kept.replace('others', 'us'), kept)).toEqual(['line 3 differs']);
  });
});

describe('the texts of a package', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'notices-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);

  test('are its licences, also in a folder, then its notices', () => {
    write('NOTICE', 'notice');
    write('LICENSE-MIT', '\uFEFF\r\nmit  \r\nsecond line\r\n\r\n');
    mkdirSync(join(folder, 'LICENSES'));
    write('LICENSES/Apache-2.0.txt', 'apache');
    write('license.rs', 'code');
    expect(textsIn(folder)).toEqual(['mit\nsecond line', 'apache', 'notice']);
  });

  test('are none when there is but a notice', () => {
    write('NOTICE', 'notice');
    expect(textsIn(folder)).toEqual([]);
  });
});
