// Frames per second and what became of the others, from the counts that were taken once a second.
import type { FrameCounts } from '../../../frontend/src/protocol/messages';
import type { Run } from './data';
import { html, type Markup } from './markup';
import { type Axis, across, down, roundAxis, share } from './scale';
import { SECONDS, type Span, secondsIn } from './span';
import { type Entry, figure, key, plot } from './svg';

type Fate = 'displayed' | 'dropped_client' | 'dropped_server' | 'errors';

const FATES: Record<Fate, string> = {
  displayed: 'displayed',
  dropped_client: 'dropped by the viewer’s page',
  dropped_server: 'dropped by the server',
  errors: 'errors',
};

const ORDER = Object.keys(FATES) as Fate[];

export type Interval = { from: number; to: number; perSecond: Record<Fate, number> };

/** The recording's last count may come right after the one before: it is no second of its own. */
const LEAST_MS = 500;

export function intervals(timeline: Run['timeline']): Interval[] {
  const last = timeline.at(-1);
  const kept = timeline.filter(
    (entry, index) => index === 0 || entry === last || entry.at + LEAST_MS <= (last?.at ?? 0),
  );
  return kept.slice(1).flatMap((entry, index) => {
    const before = kept[index];
    return before && entry.at > before.at ? [between(before, entry)] : [];
  });
}

function between(before: Run['timeline'][number], after: Run['timeline'][number]): Interval {
  const seconds = (after.at - before.at) / 1000;
  const rate = (fate: Fate) => (after.frames[fate] - before.frames[fate]) / seconds;
  const perSecond = Object.fromEntries(ORDER.map((fate) => [fate, rate(fate)])) as Record<Fate, number>;
  return { from: before.at, to: after.at, perSecond };
}

export function framesOverTime({ timeline, metrics: { frames } }: Run, span: Span): Markup {
  const all = intervals(timeline);
  const highest = Math.max(
    0,
    ...all.map(({ perSecond }) => ORDER.reduce((sum, fate) => sum + perSecond[fate], 0)),
  );
  const y = roundAxis(0, highest, 4, 1);
  return figure(
    'Frames per second',
    'What became of the frames in each second of the run. A frame is dropped when a newer one takes its place.',
    plot({
      label: 'Frames per second over time, by what became of them',
      x: span.axis,
      y,
      xWords: SECONDS,
      yWords: 'FPS',
      marks: all.map((interval) => column(interval, span, y)),
    }),
    entries(frames),
  );
}

function column({ from, to, perSecond }: Interval, span: Span, y: Axis): Markup[] {
  const [begin, end] = [secondsIn(span, from), secondsIn(span, to)];
  const when = `${begin.toFixed(1)} to ${end.toFixed(1)} s`;
  let below = 0;
  return ORDER.map((fate) => {
    const rate = perSecond[fate];
    below += rate;
    if (rate === 0) return html``;
    return html`<rect class="stack ${fate}" x="${across(span.axis, begin)}" width="${share(span.axis, end - begin)}" y="${down(y, below)}" height="${share(y, rate)}"><title>${when}: ${rate.toFixed(1)} a second ${FATES[fate]}</title></rect>\n`;
  });
}

const entries = (frames: FrameCounts): Entry[] =>
  ORDER.map((fate) => ({ key: key('block', `stack ${fate}`), words: `${FATES[fate]}: ${frames[fate]}` }));
