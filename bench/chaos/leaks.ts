// What is alive in the server and in the two pages, counted the same way before and after.
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import type { Rig } from './rig';

export type Alive = Record<string, number>;

/** Gauges of /metrics that stand for something that could be left behind. */
const GAUGES = [
  'process_open_fds',
  'sightline_tasks',
  'sightline_connections_open',
  'sightline_detect_sockets_open',
  'sightline_rooms_open',
  'sightline_seats_taken',
];

export async function countAlive(rig: Rig): Promise<Alive> {
  const answer = await fetch(new URL('/metrics', rig.server.viewerUrl));
  const [server, viewer, phone] = [
    gauges(await answer.text()),
    await pageCounts(rig.viewer.page),
    await pageCounts(rig.phone.page),
  ];
  // In wasm mode one is at work.
  const idle = await rig.viewer.page.evaluate(() => {
    const { sessions, engine } = window.sightline.state();
    return sessions - Number(engine !== 'server');
  });
  return {
    ...named('server', { ...server, threads: threadsOf(rig.server.pid) }),
    ...named('viewer', { ...viewer, 'idle sessions': idle }),
    ...named('phone', phone),
  };
}

const named = (who: string, counts: Alive): Alive =>
  Object.fromEntries(Object.entries(counts).map(([what, count]) => [`${who} ${what}`, count]));

/** Sums over labels. */
function gauges(text: string): Alive {
  const counts: Alive = {};
  for (const [, name = '', value] of text.matchAll(/^(\w+)(?:\{[^}]*\})? (\S+)$/gm)) {
    if (GAUGES.includes(name)) counts[name] = (counts[name] ?? 0) + Number(value);
  }
  const missing = GAUGES.filter((name) => !(name in counts));
  if (missing.length > 0) throw new Error(`the server does not count ${missing.join(', ')}`);
  return counts;
}

async function pageCounts(page: Page): Promise<Alive> {
  const devtools = await page.context().newCDPSession(page);
  try {
    await devtools.send('HeapProfiler.collectGarbage');
    await devtools.send('Performance.enable');
    const { metrics } = await devtools.send('Performance.getMetrics');
    const value = (wanted: string) => metrics.find(({ name }) => name === wanted)?.value ?? Number.NaN;
    return {
      workers: page.workers().length,
      'DOM nodes': value('Nodes'),
      'event listeners': value('JSEventListeners'),
    };
  } finally {
    await devtools.detach();
  }
}

const threadsOf = (pid: number | null): number => Number(/^Threads:\s+(\d+)/m.exec(status(pid))?.[1]);

export const megabytesOf = (pid: number | null): number =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(status(pid))?.[1]) / 1024;

const status = (pid: number | null): string => readFileSync(`/proc/${pid}/status`, 'utf8');

/**
 * What there is more of than before. A connection that browsers keep for later counts as a file, a task and a
 * connection; the pages' nodes and listeners come and go with what is shown.
 */
export function leaked(before: Alive, after: Alive): string[] {
  const slack = (name: string) => {
    if (/DOM nodes|event listeners/.test(name)) return Math.max(50, 0.25 * (before[name] ?? 0));
    return /open_fds|tasks|connections_open/.test(name) ? 6 : 0;
  };
  return Object.entries(after)
    .filter(([name, count]) => !(count <= (before[name] ?? 0) + slack(name)))
    .map(([name, count]) => `${name}: ${before[name]} before, ${count} after`);
}
