import { describe, expect, it } from 'vitest';
import { contrast, type Rgb } from '../../../frontend/src/viewer/colours';
import type { ReportData, Run } from './data';
import { emptyRun, sampleReport, sampleRun } from './fixture';
import { renderReport } from './html';

const server = sampleRun({ title: 'server', mode: 'server', seconds: 6, fps: 15 });
const wasm = sampleRun({ title: 'wasm', mode: 'wasm', seconds: 6, fps: 10 });
const hostile = `</style></title><script>alert('1' & "2")</script><img src=x onerror=alert(1)>`;

/** Elements in the order in which they begin; throws at the first tag that does not fit. */
function elements(document: string): string[] {
  const rest = document.replace(/^<!doctype html>/, '').replace(/<style>[^<]*<\/style>/, '');
  const tag = /<(\/?)([a-z][a-z0-9]*)((?:\s+[a-zA-Z0-9:-]+="[^"<]*")*)\s*(\/?)>/g;
  const between = rest.replace(tag, '').replace(/&(amp|lt|gt|quot|#39);/g, '');
  const stray = /[<>&]/.exec(between);
  if (stray) throw new Error(`not markup: ${between.slice(stray.index, stray.index + 60)}`);
  const open: string[] = [];
  const names: string[] = [];
  for (const [whole, end, name = '', , closed] of rest.matchAll(tag)) {
    if (!end) names.push(name);
    if (end && open.pop() !== name) throw new Error(`${whole} closes nothing`);
    if (!end && !closed) open.push(name);
  }
  if (open.length > 0) throw new Error(`left open: ${open.join(' ')}`);
  return names;
}

const count = (text: string, wanted: string): number => text.split(wanted).length - 1;
const one = (run: Run): string => renderReport(sampleReport(run));

describe('a report', () => {
  it.each<[string, ReportData]>([
    ['of a run on the server', sampleReport(server)],
    ['of a run in the browser', sampleReport(wasm)],
    ['of a run without a frame', sampleReport(emptyRun('nothing'))],
    ['of a sweep', sampleReport(server, wasm, emptyRun('nothing'))],
    ['of no run at all', sampleReport()],
  ])('%s is well formed, with no figure that is none', (_, data) => {
    const text = renderReport(data);
    expect(elements(text)).toContain('h1');
    expect(text).not.toMatch(/NaN|Infinity|undefined|\bnull\b|\[object/);
  });

  it('runs no script and asks for nothing', () => {
    const text = one(server);
    expect(
      elements(text).filter((name) => ['script', 'link', 'img', 'iframe', 'image', 'use'].includes(name)),
    ).toEqual([]);
    expect(text).toContain("default-src 'none'");
    expect(text.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|url\(|@import/);
  });

  it('shows hostile text as text, wherever it comes from', () => {
    const run: Run = {
      ...server,
      title: hostile,
      metrics: {
        ...server.metrics,
        config: { [hostile]: { deep: hostile } },
        machine: { processor: [hostile] },
      },
    };
    const data = { made: hostile, command: hostile, runs: [run, run], notes: [hostile] };
    const text = renderReport(data);
    expect(elements(text).filter((name) => ['script', 'img'].includes(name))).toEqual([]);
    expect(count(text, '&lt;/style&gt;')).toBeGreaterThan(10);
  });

  it('draws a sign for every frame, and another one where the time is not the camera’s', () => {
    const text = one(server);
    const chart = text.slice(text.indexOf('End-to-end latency of every frame'), text.indexOf('How often'));
    expect(count(chart, '<title>frame ')).toBe(server.frames.length);
    expect(chart).toContain('class="receive_time"');
    expect(chart).toContain(
      `${server.metrics.capture_clock.receive_time}\u00a0frames timed from the arrival`,
    );
  });

  it('draws the groups of few frames within the axis', () => {
    const few = one({ ...server, frames: server.frames.slice(0, 6) });
    const bars = [...few.matchAll(/class="bin" x="([-\d.]+)%" width="([\d.]+)%"/g)];
    expect(bars.length).toBeGreaterThan(0);
    for (const [, x, width] of bars) {
      expect(Number(x)).toBeGreaterThanOrEqual(0);
      expect(Number(x) + Number(width)).toBeLessThan(100.1);
    }
  });

  it('draws the p95 within the charts when it lies between a frame and a straggler', () => {
    const frames = server.frames
      .slice(0, 20)
      .map((frame, index) => ({ ...frame, e2e_ms: index === 7 ? 900 : 50 }));
    const places = [
      ...one({ ...server, frames }).matchAll(
        /<line class="p95" x1="([-\d.]+)%?" x2="[^"]*" y1="([-\d.]+)%?"/g,
      ),
    ];
    expect(places, 'two charts and their legends').toHaveLength(4);
    for (const place of places.flatMap(([, x, y]) => [Number(x), Number(y)])) {
      expect(place).toBeGreaterThanOrEqual(0);
      expect(place).toBeLessThanOrEqual(100);
    }
  });

  it('says where stages add up, and which the mode lacks', () => {
    expect(one(server)).toContain(`In each of ${server.frames.length}\u00a0frames the stages add up`);
    const [first, ...others] = server.frames;
    const late = first && { ...first, e2e_ms: first.e2e_ms + 0.034 };
    expect(one({ ...server, frames: late ? [late, ...others] : [] })).toContain(
      'own latency within 0.04\u00a0ms',
    );
    expect(one(server)).not.toContain('Not in this mode');
    expect(one(wasm)).toContain('Not in this mode: encode, uplink, downlink');
  });

  it('says what was not measured, and that no frame was shown', () => {
    const text = one(emptyRun('nothing'));
    expect(text).toContain('No frame was shown');
    expect(count(text, 'not measured')).toBeGreaterThan(8);
    const elsewhere = { ...server.metrics.cpu_percent, phone: null };
    const attached = { ...server, metrics: { ...server.metrics, cpu_percent: elsewhere } };
    expect(one(attached)).toContain('phone: not measured: its processes are on another machine');
  });

  it('marks a negative latency instead of hiding it', () => {
    const { stages_ms } = server.metrics;
    const early = { ...server.metrics, stages_ms: { ...stages_ms, uplink: { median: -1.5, p95: 0.2 } } };
    const text = one({ ...server, metrics: early });
    expect(text).toContain('class="network negative"');
    expect(text).not.toMatch(/(width|height)="-/);
  });

  it('compares the runs of a sweep and leads to each', () => {
    const text = renderReport(sampleReport(server, wasm));
    expect(count(text, '<details')).toBe(2);
    expect(text).toContain('href="#run-2"');
    expect(text).toContain('id="run-2"');
    expect(one(server)).not.toContain('<details');
  });
});

describe('the report’s letters', () => {
  const styles = /<style>([^<]*)<\/style>/.exec(one(server))?.[1] ?? '';
  const colour = (name: string, scheme: 'light' | 'dark'): Rgb => {
    const found = [...styles.matchAll(new RegExp(`--${name}: #(..)(..)(..);`, 'g'))][
      scheme === 'light' ? 0 : 1
    ];
    return [1, 2, 3].map((part) => Number.parseInt(found?.[part] ?? '', 16)) as Rgb;
  };

  it.each(['light', 'dark'] as const)('stand out, on a %s page', (scheme) => {
    for (const letters of ['ink', 'dim', 'accent'])
      for (const ground of ['ground', 'surface'])
        expect(contrast(colour(letters, scheme), colour(ground, scheme))).toBeGreaterThan(4.5);
  });

  it.each(['light', 'dark'] as const)(
    'have signs beside them that stand out, too, on a %s page',
    (scheme) => {
      for (const sign of ['accent', 'network', 'detector', 'server', 'fault', 'whisker'])
        expect(contrast(colour(sign, scheme), colour('surface', scheme))).toBeGreaterThan(3);
    },
  );
});
