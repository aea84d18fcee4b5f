// What whole process trees take of the processor, by the operating system's own books.
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** One process: `born` tells it from a later one with the same number, `seconds` is its processor time so far. */
export type Process = { pid: number; parent: number; born: string; seconds: number };
export type Processes = () => Promise<Process[]>;

/** How to list this system's processes; null where we cannot. */
export async function processLister(): Promise<Processes | null> {
  if (process.platform === 'win32') return null;
  if (process.platform !== 'linux') return listByPs;
  const { stdout } = await run('getconf', ['CLK_TCK']);
  const ticks = Number(stdout);
  return () => listByProc(ticks);
}

async function listByProc(ticks: number): Promise<Process[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  // A process may end between the listing and the reading.
  const texts = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')));
  return texts.map((text) => parseStat(text, ticks)).filter((each) => each !== null);
}

async function listByPs(): Promise<Process[]> {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid=,time=,lstart='], {
    env: { ...process.env, LC_ALL: 'C' },
    maxBuffer: 16 << 20,
  });
  return parsePs(stdout);
}

/** `/proc/PID/stat`; the name in brackets may hold spaces and brackets itself. */
export function parseStat(text: string, ticks: number): Process | null {
  const end = text.lastIndexOf(')');
  const fields = text.slice(end + 2).split(' ');
  const [pid, parent] = [Number.parseInt(text, 10), Number(fields[1])];
  const [user, system, born] = [Number(fields[11]), Number(fields[12]), fields[19]];
  if (end < 0 || born === undefined || [pid, parent, user, system].some(Number.isNaN)) return null;
  return { pid, parent, born, seconds: (user + system) / ticks };
}

/** `ps -A -o pid=,ppid=,time=,lstart=` */
export function parsePs(text: string): Process[] {
  const lines = [...text.matchAll(/^\s*(\d+)\s+(\d+)\s+([\d:.-]+)\s+(\S.*?)\s*$/gm)];
  return lines.map(([, pid, parent, time = '', born = '']) => ({
    pid: Number(pid),
    parent: Number(parent),
    born,
    seconds: parseTime(time),
  }));
}

/** `1-02:03:04` (days, hours, minutes, seconds) or, on a Mac, `123:45.67` (minutes, seconds). */
function parseTime(text: string): number {
  const [clock = '', days = '0'] = text.split('-').reverse();
  return clock.split(':').reduce((sum, part) => 60 * sum + Number(part), 0) + 86_400 * Number(days);
}

/**
 * The processor time that one tree has taken since its first look. What ended processes had taken when they were
 * last seen stays in the sum; what a process takes between its last look and its end is not seen.
 */
export class Tree {
  private readonly taken = new Map<string, { seconds: number; before: number }>();
  private looks = 0;

  constructor(private readonly root: number) {}

  /** Seconds since the first look; null when the root is not among the processes and never was. */
  look(processes: readonly Process[]): number | null {
    for (const { pid, born, seconds } of this.membersOf(processes)) {
      const key = `${pid} ${born}`;
      // One that is new was born since the last look: all it took is ours.
      const before = this.taken.get(key)?.before ?? (this.looks === 0 ? seconds : 0);
      this.taken.set(key, { seconds, before });
    }
    this.looks += 1;
    if (this.taken.size === 0) return null;
    return [...this.taken.values()].reduce((sum, { seconds, before }) => sum + seconds - before, 0);
  }

  /** The root, who was here before (its parent may have gone), and all their children. */
  private membersOf(processes: readonly Process[]): Process[] {
    const children = new Map<number, Process[]>();
    for (const each of processes) {
      const siblings = children.get(each.parent);
      if (siblings) siblings.push(each);
      else children.set(each.parent, [each]);
    }
    const known = ({ pid, born }: Process) =>
      this.looks === 0 ? pid === this.root : this.taken.has(`${pid} ${born}`);
    const members = new Set(processes.filter(known));
    // A set hands out what is added while it is walked.
    for (const { pid } of members) for (const child of children.get(pid) ?? []) members.add(child);
    return [...members];
  }
}

/** Percent of one core; null where it cannot be told. */
export type Shares<Name extends string> = Record<Name, number | null>;

/** Several trees, looked at together. A tree without a root, or on a system without a lister, is null throughout. */
export class CpuMeter<Name extends string> {
  private readonly trees: [Name, Tree | null][];
  private readonly readings: { at: number; seconds: Record<Name, number | null> }[] = [];

  constructor(
    roots: Record<Name, number | null>,
    private readonly list: Processes | null,
  ) {
    const entries = Object.entries(roots) as [Name, number | null][];
    this.trees = entries.map(([name, root]) => [name, root === null ? null : new Tree(root)]);
  }

  /** Percent since the look before; null at the first one. */
  async look(): Promise<Shares<Name> | null> {
    const processes = this.list ? await this.list() : [];
    const seconds = this.trees.map(([name, tree]) => [name, tree?.look(processes) ?? null]);
    this.readings.push({ at: performance.now(), seconds: Object.fromEntries(seconds) });
    return this.between(this.readings.length - 2);
  }

  /** Percent from the first look to the last. */
  mean(): Shares<Name> | null {
    return this.between(0);
  }

  private between(first: number): Shares<Name> | null {
    const [from, to] = [this.readings[first], this.readings.at(-1)];
    if (!from || !to || from === to) return null;
    const share = (name: Name) => {
      const [before, after] = [from.seconds[name], to.seconds[name]];
      return before === null || after === null ? null : ((after - before) * 100_000) / (to.at - from.at);
    };
    return Object.fromEntries(this.trees.map(([name]) => [name, share(name)])) as Shares<Name>;
  }
}
