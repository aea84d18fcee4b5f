// The crates in the binary: with every feature, on every platform that ships.
import { execFileSync } from 'node:child_process';
import { dirname } from 'node:path';
import { ROOT } from '../../frontend/e2e/harness/paths';
import { type Component, textsIn } from './component';

type Package = { id: string; name: string; version: string; license: string | null; manifest_path: string };
type Metadata = { packages: Package[]; resolve: { root: string } };

export function crates(platforms: string[]): Component[] {
  const { packages, resolve } = metadata(platforms);
  const known = new Map(packages.map((crate) => [`${crate.name} v${crate.version}`, crate]));
  const shipped = [...namesOfShipped(platforms)].map((name) => known.get(name) ?? missing(name));
  return shipped.filter(({ id }) => id !== resolve.root).map(component);
}

const missing = (name: string): never => {
  throw new Error(`cargo metadata does not know ${name}, which cargo tree names`);
};

const component = ({ name, version, license, manifest_path }: Package): Component => ({
  name,
  version,
  // An old way to say OR.
  licence: (license ?? '').replaceAll(/ *\/ */g, ' OR '),
  texts: textsIn(dirname(manifest_path)),
});

/** By `cargo tree`, not by the metadata's graph: there, features of the tests' packages are on as well. */
function namesOfShipped(platforms: string[]): Set<string> {
  const tree = cargo(
    'tree',
    '--edges=normal',
    '--prefix=none',
    '--format={p}',
    ...each('--target', platforms),
  );
  return new Set(
    tree
      .trim()
      .split(/\n+/)
      .map((line) => line.split(' ').slice(0, 2).join(' ')),
  );
}

function metadata(platforms: string[]): Metadata {
  return JSON.parse(cargo('metadata', '--format-version=1', ...each('--filter-platform', platforms)));
}

function cargo(command: string, ...options: string[]): string {
  const all = [command, '--locked', '--offline', '--all-features', ...options];
  return execFileSync('cargo', all, { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 28 });
}

const each = (flag: string, values: string[]) => values.map((value) => `${flag}=${value}`);
