// A network of its own for a server and its browser: Linux's network namespaces, for root only.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findChrome } from './chrome';

export class Namespace {
  private readonly folder = mkdtempSync(join(tmpdir(), 'sightline-netns-'));

  private constructor(readonly name: string) {}

  /** Null where none can be made: without root, or without `ip` (Debian's iproute2). */
  static make(): Namespace | null {
    const name = `sightline-e2e-${process.pid}`;
    try {
      execFileSync('ip', ['netns', 'add', name], { stdio: 'pipe' });
    } catch (error) {
      console.warn(`skipped: \`ip netns add\` needs root and iproute2: ${error}`);
      return null;
    }
    const namespace = new Namespace(name);
    namespace.ip('link set lo up');
    return namespace;
  }

  ip(line: string): void {
    execFileSync('ip', ['-n', this.name, ...line.split(' ')], { stdio: 'pipe' });
  }

  /** A cable whose far end lies loose, but has power: without, this end would count as unplugged. */
  plugIn(link: string, address: string): void {
    this.ip(`link add ${link} type veth peer name ${link}-far`);
    this.ip(`addr add ${address} dev ${link}`);
    this.ip(`link set ${link} up`);
    this.ip(`link set ${link}-far up`);
  }

  /** What starts `program` inside. */
  inside(program: string): [string, ...string[]] {
    return ['ip', 'netns', 'exec', this.name, program];
  }

  /** A program that is Chrome inside: Playwright wants a name, and appends arguments of its own. */
  chrome(): string {
    const file = join(this.folder, 'chrome');
    writeFileSync(file, `#!/bin/sh\nexec ${this.inside(findChrome()).join(' ')} "$@"\n`);
    chmodSync(file, 0o700);
    return file;
  }

  remove(): void {
    execFileSync('ip', ['netns', 'del', this.name], { stdio: 'pipe' });
    rmSync(this.folder, { recursive: true });
  }
}
