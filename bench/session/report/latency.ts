// End-to-end latency: of every frame in the order of time, and how often which value.
import type { FrameRecord } from '../../../frontend/src/viewer/frame-record';
import { summarise } from '../../../frontend/src/viewer/stats';
import { bins, ceilingOf } from './bins';
import type { Run } from './data';
import { type Content, html, type Markup } from './markup';
import { type Axis, across, down, roundAxis, share } from './scale';
import { SECONDS, type Span, secondsIn } from './span';
import { type Entry, figure, key, plot, type Shape, sign } from './svg';
import { counted, ms } from './words';

type Source = FrameRecord['capture_source'];

const SOURCES: Record<Source, { shape: Shape; words: string }> = {
  capture_time: { shape: 'dot', words: 'timed from the capture at the phone (capture_time)' },
  receive_time: {
    shape: 'diamond',
    words: 'timed from the arrival at the viewer (receive_time), which is less than the truth',
  },
  sample_time: {
    shape: 'square',
    words: 'timed from the sampling (sample_time), which is far less than the truth',
  },
};

const ascending = (frames: FrameRecord[]) => frames.map(({ e2e_ms }) => e2e_ms).sort((a, b) => a - b);

/** The slowest frame but for stragglers; never less than the p95, which is drawn, and which may lie between two frames. */
function usualMost(values: number[]): number {
  const ceiling = ceilingOf(values);
  const slowest = values.findLast((value) => value <= ceiling) ?? ceiling;
  return Math.max(slowest, summarise(values)?.p95 ?? slowest);
}

/** What is drawn at the edge because the axis ends before it. */
function beyondWords(values: number[], most: number): string | null {
  const beyond = values.filter((value) => value > most);
  if (beyond.length === 0) return null;
  const many = `${counted(beyond.length, 'frame')} beyond the axis`;
  return `${many}${beyond.length > 1 ? ', the slowest' : ':'} ${ms(values.at(-1) ?? null)}`;
}

export function latencyOverTime({ frames }: Run, span: Span): Markup {
  const values = ascending(frames);
  // From 0, or from below where a latency is negative: that is a fault to be seen.
  const y = roundAxis(Math.min(0, values[0] ?? 0), usualMost(values), 5);
  const signs = frames.map((frame) => frameSign(frame, span, y));
  const beyond = beyondWords(values, y.high);
  const chart = plot({
    label: 'End-to-end latency of every shown frame over time',
    x: span.axis,
    y,
    xWords: SECONDS,
    yWords: 'ms',
    marks: [
      signs,
      levels(values, (value) => ({ x1: '0', x2: '100%', y1: down(y, value), y2: down(y, value) })),
    ],
  });
  return figure(
    'End-to-end latency of every frame',
    'From its capture at the phone to its boxes on the viewer’s screen. One sign is one frame.',
    chart,
    [
      ...sourceEntries(frames),
      ...levelEntries(values),
      ...(beyond === null ? [] : [{ key: key('triangle', 'beyond'), words: beyond }]),
    ],
  );
}

function frameSign(frame: FrameRecord, span: Span, y: Axis): Markup {
  const { capture_source, e2e_ms, frame_id, shown } = frame;
  const x = across(span.axis, secondsIn(span, shown));
  const words = `frame ${frame_id}: ${ms(e2e_ms)}`;
  if (e2e_ms > y.high) return sign('triangle', 'beyond', x, '0', words);
  return sign(SOURCES[capture_source].shape, capture_source, x, down(y, e2e_ms), words);
}

function sourceEntries(frames: FrameRecord[]): Entry[] {
  return (Object.keys(SOURCES) as Source[]).flatMap((source) => {
    const count = frames.filter(({ capture_source }) => capture_source === source).length;
    const { shape, words } = SOURCES[source];
    return count === 0 ? [] : [{ key: key(shape, source), words: `${counted(count, 'frame')} ${words}` }];
  });
}

type Place = Record<'x1' | 'x2' | 'y1' | 'y2', string>;

/** Lines at the median and at the p95. */
function levels(values: number[], place: (value: number) => Place): Content {
  return namedLevels(values).map(([name, value]) => {
    const { x1, x2, y1, y2 } = place(value);
    return html`<line class="${name}" x1="${x1}" x2="${x2}" y1="${y1}" y2="${y2}"><title>${name} ${ms(value)}</title></line>\n`;
  });
}

function namedLevels(values: number[]): [name: 'median' | 'p95', value: number][] {
  const summary = summarise(values);
  return summary
    ? [
        ['median', summary.median],
        ['p95', summary.p95],
      ]
    : [];
}

const levelEntries = (values: number[]): Entry[] =>
  namedLevels(values).map(([name, value]) => ({ key: key('line', name), words: `${name} ${ms(value)}` }));

export function latencyHistogram({ frames }: Run): Markup {
  const all = ascending(frames);
  const most = usualMost(all);
  const groups = bins(all.filter((value) => value <= most));
  const x = roundAxis(groups[0]?.from ?? 0, Math.max(most, groups.at(-1)?.to ?? 0), 8);
  const y = roundAxis(0, Math.max(0, ...groups.map(({ count }) => count)), 4, 1);
  const bars = groups.map(({ from, to, count }) => {
    const words = `${ms(from)} to ${ms(to)}: ${counted(count, 'frame')}`;
    return html`<rect class="bin" x="${across(x, from)}" width="${share(x, to - from)}" y="${down(y, count)}" height="${share(y, count)}"><title>${words}</title></rect>\n`;
  });
  const beyond = beyondWords(all, most);
  return figure(
    'How often which latency',
    [
      'The same frames, grouped by their end-to-end latency. ',
      beyond === null ? '' : `Not drawn: ${beyond}.`,
    ],
    plot({
      label: 'Histogram of end-to-end latency',
      x,
      y,
      xWords: 'ms from capture to screen',
      yWords: 'frames',
      marks: [
        bars,
        levels(all, (value) => ({ x1: across(x, value), x2: across(x, value), y1: '0', y2: '100%' })),
      ],
    }),
    levelEntries(all),
  );
}
