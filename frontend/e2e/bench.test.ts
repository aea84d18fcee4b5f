// bench/run_bench.sh as people run it: the files it writes, and how it ends.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import type { MetricsReport } from '../src/protocol/messages';
import { launchPhone } from './harness/chrome';
import { FIELDS } from './harness/metrics-json';
import { openPhone } from './harness/pages';
import { ROOT } from './harness/paths';
import { Server } from './harness/server';
import { until } from './harness/until';

const folder = mkdtempSync(join(tmpdir(), 'sightline-bench-'));
const at = (name: string) => join(folder, name);

beforeEach(() => {
  for (const name of ['metrics.json', 'report.html', 'sweep.csv']) rmSync(at(name), { force: true });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const running = new Set<{ interrupt: () => void; status: Promise<unknown> }>();

/** A test that failed leaves no bench behind, with its server and its browsers. */
afterEach(async () => {
  for (const bench of running) bench.interrupt();
  await Promise.all([...running].map(({ status }) => status));
});

/** In a process group of its own, as a terminal starts it. */
function start(...args: string[]) {
  const child = spawn(join(ROOT, 'bench/run_bench.sh'), args, { cwd: folder, detached: true, stdio: 'pipe' });
  const printed = { out: '', err: '' };
  child.stdout.on('data', (data) => {
    printed.out += data;
  });
  child.stderr.on('data', (data) => {
    printed.err += data;
  });
  const status = new Promise<number | null>((resolve) => child.once('close', resolve));
  // A terminal's Ctrl-C goes to the whole group.
  const interrupt = () => process.kill(-(child.pid as number), 'SIGINT');
  const bench = { printed, status, interrupt };
  running.add(bench);
  void status.then(() => running.delete(bench));
  return bench;
}

async function untilPrinted({ printed }: ReturnType<typeof start>, pattern: RegExp): Promise<string> {
  return until(`the bench prints ${pattern}`, () => pattern.exec(printed.out + printed.err)?.[0]);
}

const metricsJson = (): MetricsReport => JSON.parse(readFileSync(at('metrics.json'), 'utf8'));
const report = (): string => readFileSync(at('report.html'), 'utf8');

test.each(['server', 'wasm'] as const)('%s mode: figures of every kind, and a report', async (mode) => {
  const bench = start('--mode', mode, '--duration', '3', '--warmup', '1');
  expect(await bench.status, bench.printed.err).toBe(0);
  const metrics = metricsJson();
  expect(Object.keys(metrics).sort()).toEqual([...FIELDS].sort());
  expect(metrics.mode).toBe(mode);
  expect(metrics.frames.displayed).toBeGreaterThan(0);
  for (const share of Object.values(metrics.cpu_percent)) expect(share).toBeTypeOf('number');
  expect(metrics.cpu_percent.viewer).toBeGreaterThan(0);
  expect(metrics.config).toMatchObject({
    clip: 'people.mjpeg',
    warmup_s: 1,
    threads: 1,
    fps: 15,
    headed: false,
  });
  expect(metrics.machine).toMatchObject({ cores: expect.any(Number), load_before: expect.any(Number) });
  expect(report()).toContain('<svg');
  expect(bench.printed.out).toContain('written: metrics.json, report.html');
});

test('Ctrl-C keeps what was measured', async () => {
  const bench = start('--duration', '600', '--warmup', '0');
  await untilPrinted(bench, /[1-9]\d* frames/);
  bench.interrupt();
  expect(await bench.status, bench.printed.err).toBe(130);
  const metrics = metricsJson();
  expect(metrics.frames.displayed).toBeGreaterThan(0);
  expect(metrics.duration_s).toBeLessThan(60);
  expect(report()).toMatch(/interrupted after \d+ s of 600 s/);
});

test('a Ctrl-C before that leaves files alone', async () => {
  writeFileSync(at('metrics.json'), 'of last time');
  const bench = start();
  await untilPrinted(bench, /opening the viewer/);
  bench.interrupt();
  expect(await bench.status, bench.printed.err).toBe(130);
  expect(bench.printed.err).toContain('nothing is written');
  expect(readFileSync(at('metrics.json'), 'utf8')).toBe('of last time');
  expect(existsSync(at('report.html'))).toBe(false);
});

test('a server and a phone of somebody else’s', async () => {
  const [server, phones] = await Promise.all([Server.start(), launchPhone('people.mjpeg')]);
  try {
    const bench = start('--attach', server.viewerUrl, '--duration', '2', '--warmup', '0');
    await openPhone(phones, await untilPrinted(bench, /https?:\/\/\S+\/j\/\S+/));
    expect(await bench.status, bench.printed.err).toBe(0);
    const { frames, cpu_percent, config } = metricsJson();
    expect(frames.displayed).toBeGreaterThan(0);
    expect(cpu_percent).toEqual({ server: null, viewer: expect.any(Number), phone: null });
    expect(config).toMatchObject({ attached: new URL(server.viewerUrl).origin });
    expect(config).not.toHaveProperty('clip');
  } finally {
    await Promise.all([server.stop(), phones.close()]);
  }
});

test('a sweep: one row and one section for every run', async () => {
  const bench = start('--sweep', 'fps=5,10', '--duration', '1', '--warmup', '0');
  expect(await bench.status, bench.printed.err).toBe(0);
  const rows = readFileSync(at('sweep.csv'), 'utf8').trimEnd().split('\r\n');
  expect(rows.map((row) => row.split(',')[0])).toEqual(['fps', '5', '10']);
  expect(report()).toContain('fps 5');
  expect(report()).toContain('fps 10');
  expect(existsSync(at('metrics.json'))).toBe(false);
});

test('what is missing or wrong is told in one line', async () => {
  const nobody = `http://localhost:${await freePort()}`;
  const cases = [
    {
      args: ['--clip', 'none.mjpeg'],
      status: 1,
      says: /^run_bench: --clip none\.mjpeg: there is no such file\n$/,
    },
    { args: ['--fps', 'many'], status: 2, says: /^run_bench: --fps many: must be a number from 1 to 60\n$/ },
    {
      args: ['--attach', nobody],
      status: 1,
      says: /\nrun_bench: no viewer at http:[^\n]* Sightline running there\?\n$/,
    },
  ];
  const ended = cases.map(async ({ args, status, says }) => {
    const bench = start(...args);
    expect(await bench.status, bench.printed.err).toBe(status);
    expect(bench.printed.err).toMatch(says);
  });
  await Promise.all(ended);
  expect(existsSync(at('metrics.json'))).toBe(false);
});

/** Free a moment ago, and so very likely still. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
