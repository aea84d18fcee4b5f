import { spawn } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { CpuMeter, type Process, parsePs, parseStat, processLister, Tree } from './cpu';

describe('the books', () => {
  test('/proc/PID/stat: user and system time, with any name', () => {
    const rest = 'S 4242 4243 4243 0 -1 4194560 5821 0 12 0 250 50 9 9 20 0 7 0 987654 734003200 15000';
    const expected = { pid: 4300, parent: 4242, born: '987654', seconds: 3 };
    expect(parseStat(`4300 (chromium) ${rest}`, 100)).toEqual(expected);
    expect(parseStat(`4300 (a b) c (d)) ${rest}`, 100)).toEqual(expected);
    expect(parseStat(`4300 (x) ${rest}`, 1000)?.seconds).toBeCloseTo(0.3);
  });

  test('a process that ended while it was read is none', () => {
    expect(parseStat('', 100)).toBeNull();
    expect(parseStat('4300 (chromium) Z 1', 100)).toBeNull();
  });

  test('ps of Linux and of a Mac', () => {
    const linux =
      '      1       0 00:01:30 Sun Nov 22 12:47:00 2026\n   4300     1 1-02:03:04 Sat Nov 21 09:00:01 2026\n';
    expect(parsePs(linux)).toEqual([
      { pid: 1, parent: 0, seconds: 90, born: 'Sun Nov 22 12:47:00 2026' },
      { pid: 4300, parent: 1, seconds: 86_400 + 7384, born: 'Sat Nov 21 09:00:01 2026' },
    ]);
    const mac = '  501   1 123:45.67 Sun Nov 22 12:47:00 2026    \n';
    expect(parsePs(mac)).toEqual([
      { pid: 501, parent: 1, seconds: 7425.67, born: 'Sun Nov 22 12:47:00 2026' },
    ]);
  });
});

describe('a tree', () => {
  const one = (pid: number, parent: number, seconds: number, born = `at ${pid}`): Process => ({
    pid,
    parent,
    born,
    seconds,
  });

  test('holds children and their children, and nobody else', () => {
    const tree = new Tree(10);
    expect(tree.look([one(10, 1, 5), one(11, 10, 1), one(12, 11, 1), one(99, 1, 7)])).toBe(0);
    expect(tree.look([one(10, 1, 6), one(11, 10, 2), one(12, 11, 4), one(99, 1, 70)])).toBe(5);
  });

  test('what it took before the first look is not ours, what a newborn took is', () => {
    const tree = new Tree(10);
    tree.look([one(10, 1, 100)]);
    expect(tree.look([one(10, 1, 100), one(13, 10, 2)])).toBe(2);
  });

  test('an ended process does not take its share along', () => {
    const tree = new Tree(10);
    tree.look([one(10, 1, 0), one(11, 10, 3)]);
    expect(tree.look([one(10, 1, 1), one(11, 10, 5)])).toBe(3);
    expect(tree.look([one(10, 1, 1)])).toBe(3);
    expect(tree.look([one(10, 1, 2)])).toBe(4);
  });

  test('a number used again is another process', () => {
    const tree = new Tree(10);
    tree.look([one(10, 1, 0), one(11, 10, 3)]);
    tree.look([one(10, 1, 0), one(11, 10, 4)]);
    expect(tree.look([one(10, 1, 0), one(11, 10, 0.5, 'later')])).toBe(1.5);
    // Not even the root's own number, given to a stranger.
    expect(tree.look([one(10, 1, 50, 'later')])).toBe(1.5);
  });

  test('who lost its parent is still a member', () => {
    const tree = new Tree(10);
    tree.look([one(10, 1, 0), one(11, 10, 0), one(12, 11, 0)]);
    expect(tree.look([one(10, 1, 0), one(12, 1, 2), one(14, 12, 1)])).toBe(3);
  });

  test('a root that is not there is not measured', () => {
    expect(new Tree(10).look([one(11, 10, 3)])).toBeNull();
  });
});

test('trees without a root, and systems without books, are null', async () => {
  const meter = new CpuMeter({ server: null, viewer: process.pid }, null);
  expect(await meter.look()).toBeNull();
  expect(await meter.look()).toEqual({ server: null, viewer: null });
  expect(meter.mean()).toEqual({ server: null, viewer: null });
});

/** Busy for ever; tells its own processor time when asked. */
const SPIN = `
  const told = () => process.stdout.write(JSON.stringify(process.cpuUsage()) + '\\n');
  process.stdin.on('data', told);
  process.stdin.once('end', () => process.exit());
  (function spin() {
    const end = Date.now() + 20;
    while (Date.now() < end);
    setTimeout(spin, 0);
  })();`;

test.skipIf(process.platform === 'win32')('agrees with what a busy grandchild says of itself', async () => {
  const list = await processLister();
  const child = spawn('sh', ['-c', '"$0" -e "$1"; true', process.execPath, SPIN], { stdio: 'pipe' });
  const ask = async () => {
    child.stdin.write('now\n');
    const told = await new Promise((resolve) => child.stdout.once('data', resolve));
    const { user, system } = JSON.parse(String(told));
    return (user + system) / 1e6;
  };
  const tree = new Tree(child.pid ?? Number.NaN);
  const look = async () => tree.look((await list?.()) ?? []) ?? Number.NaN;

  const before = await ask();
  expect(await look()).toBe(0);
  await new Promise((resolve) => setTimeout(resolve, 700));
  const taken = await look();
  const own = (await ask()) - before;
  child.stdin.end();
  // It spins on between our looks and its own words: ours is the smaller one, to a tick of the clock.
  expect(taken).toBeGreaterThan(0.5 * own);
  expect(taken).toBeLessThanOrEqual(own + 0.02);
});
