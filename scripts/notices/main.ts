// scripts/notices.sh: what ships, whether it may, and the page that says so.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { statusOf } from '../../bench/lib/command';
import { ROOT } from '../../frontend/e2e/harness/paths';
import { crates } from './crates';
import { differences, render, type Section } from './document';
import { others } from './others';
import { npmPackages } from './packages';
import { completed, problems } from './policy';

const PAGE = join(ROOT, 'THIRD-PARTY-NOTICES.md');

export const main = ([mode, ...platforms]: string[]) =>
  statusOf('notices', () => (mode === '--check' ? check(platforms) : write(platforms)));

async function write(platforms: string[]): Promise<number> {
  writeFileSync(PAGE, render(await shipped(platforms)));
  return 0;
}

async function check(platforms: string[]): Promise<number> {
  const page = render(await shipped(platforms));
  const kept = existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : '';
  const changed = differences(kept, page);
  if (changed.length === 0) return 0;
  for (const line of changed) console.error(`notices: ${line}`);
  throw new Error('THIRD-PARTY-NOTICES.md is out of date: run scripts/notices.sh');
}

/** Fails when anything of it may not ship. */
async function shipped(platforms: string[]): Promise<Section[]> {
  const sections = [
    { title: 'Crates, in the server', components: crates(platforms) },
    { title: 'npm packages, in the pages and as the server’s ONNX Runtime', components: await npmPackages() },
    { title: 'Others', components: others() },
  ];
  const whole = sections.map(({ title, components }) => ({ title, components: completed(components) }));
  const bad = problems(whole.flatMap(({ components }) => components));
  for (const line of bad) console.error(`notices: ${line}`);
  if (bad.length > 0) throw new Error('what ships must be allowed, and complete');
  return whole;
}
