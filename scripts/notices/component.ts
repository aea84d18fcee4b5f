// A piece of somebody else's work, and the files that tell its terms.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

export type Component = {
  name: string;
  version: string;
  /** An SPDX expression; empty when the package states none. */
  licence: string;
  /** Whole texts: licences, and notices that must go with them. */
  texts: string[];
};

export const idOf = ({ name, version }: Component) => `${name}@${version}`;

const LICENCE = /licen[cs]e|copying/i;
const NOTICE = /^(notice|copyright|authors)/i;
/** Sources that happen to be called so. */
const CODE = /\.(rs|js|ts|py|toml|json|html)$/i;

/** The licence texts in a package's folder, then its notices. None without a licence: a notice alone grants nothing. */
export function textsIn(folder: string): string[] {
  const named = (pattern: RegExp) =>
    readdirSync(folder)
      .filter((name) => pattern.test(name) && !CODE.test(name))
      .sort()
      .flatMap((name) => filesAt(join(folder, name)));
  const licences = named(LICENCE);
  return licences.length === 0 ? [] : [...licences, ...named(NOTICE)].map(textOf);
}

/** Some packages keep their texts in a folder of that name. */
function filesAt(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  const inside = readdirSync(path).sort();
  return inside.map((name) => join(path, name)).filter((file) => statSync(file).isFile());
}

/** As written, but for what differs by the writer's editor. */
export function textOf(file: string): string {
  const text = readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
  return text
    .split(/\r\n|\r|\n|\f/)
    .map((line) => line.trimEnd())
    .join('\n')
    .replace(/^\n+/, '')
    .trimEnd();
}
