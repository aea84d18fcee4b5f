// Charts as wide as the page: places are percentages, so that letters and strokes keep their size on every screen.
import { type Content, html, type Markup } from './markup';
import { type Axis, across, down } from './scale';

export type Plot = {
  /** What a reader who cannot see the chart is told. */
  label: string;
  x: Axis;
  y: Axis;
  xWords: string;
  yWords: string;
  marks: Content;
};

export function plot({ label, x, y, xWords, yWords, marks }: Plot): Markup {
  const rows = y.ticks.map(
    (tick) => html`<line class="grid" x1="0" x2="100%" y1="${down(y, tick)}" y2="${down(y, tick)}" />
<text class="tick" x="0" dx="-0.65em" y="${down(y, tick)}" dy="0.32em" text-anchor="end">${tick}</text>\n`,
  );
  const columns = x.ticks.map(
    (tick) =>
      html`<text class="tick" x="${across(x, tick)}" y="100%" dy="1.5em" text-anchor="middle">${tick}</text>\n`,
  );
  return html`<div class="plot"><svg role="img" aria-label="${label}">
${rows}${columns}<text class="unit" x="0" dx="-0.65em" y="0" dy="-1.2em" text-anchor="end">${yWords}</text>
<text class="unit" x="100%" y="100%" dy="3em" text-anchor="end">${xWords}</text>
${marks}</svg></div>`;
}

export type Shape = 'dot' | 'diamond' | 'square' | 'triangle';

const OUTLINES: Record<Exclude<Shape, 'dot'>, string> = {
  diamond: 'M0-4.2 4.2 0 0 4.2-4.2 0z',
  square: 'M-3-3h6v6h-6z',
  triangle: 'M0-5 5 4-5 4z',
};

/** A small sign whose middle is at a place given in percent; the words appear under the pointer. */
export function sign(shape: Shape, kind: string, x: string, y: string, words: string): Markup {
  if (shape === 'dot')
    return html`<circle class="${kind}" cx="${x}" cy="${y}" r="2.4"><title>${words}</title></circle>\n`;
  return html`<svg x="${x}" y="${y}" overflow="visible"><path class="${kind}" d="${OUTLINES[shape]}"><title>${words}</title></path></svg>\n`;
}

/** The same sign for a legend. */
export function key(shape: Shape | 'block' | 'line' | 'whisker', kind: string): Markup {
  const middle = { x: '50%', y: '50%' };
  const drawn = () => {
    if (shape === 'block') return html`<rect class="${kind}" x="4" y="1" width="12" height="12" rx="2" />`;
    if (shape === 'line') return html`<line class="${kind}" x1="0" x2="100%" y1="50%" y2="50%" />`;
    if (shape === 'whisker') return whisker(kind, '0', '100%');
    return sign(shape, kind, middle.x, middle.y, '');
  };
  return html`<svg class="key" aria-hidden="true">${drawn()}</svg>`;
}

/** A thin line to where the p95 ends. */
export const whisker = (kind: string, from: string, to: string): Markup =>
  html`<line class="${kind}" x1="${from}" x2="${to}" y1="50%" y2="50%" /><line class="${kind}" x1="${to}" x2="${to}" y1="30%" y2="70%" />`;

/** A line through points; nothing is drawn where a value is missing. */
export function curve(kind: string, x: Axis, y: Axis, points: { x: number; y: number | null }[]): Markup {
  const place = (value: number, { low, high }: Axis) => (100 * (value - low)) / (high - low);
  const pieces: string[][] = [[]];
  for (const point of points) {
    if (point.y === null) pieces.push([]);
    else pieces.at(-1)?.push(`${place(point.x, x).toFixed(2)},${(100 - place(point.y, y)).toFixed(2)}`);
  }
  const lines = pieces
    .filter((piece) => piece.length > 0)
    // A point of its own is drawn by its round ends.
    .map((piece) => html`<polyline class="${kind}" points="${[...piece, piece.at(-1) ?? ''].join(' ')}" />`);
  return html`<svg viewBox="0 0 100 100" preserveAspectRatio="none" overflow="visible">${lines}</svg>\n`;
}

export type Entry = { key: Markup; words: Content };

export const legend = (entries: Entry[]): Markup =>
  html`<ul class="legend">${entries.map((entry) => html`<li>${entry.key}<span>${entry.words}</span></li>`)}</ul>`;

/** A chart with what it shows above and what its signs mean below. */
export const figure = (title: string, words: Content, chart: Content, entries: Entry[] = []): Markup =>
  html`<figure>
<figcaption><h3>${title}</h3><p class="dim">${words}</p></figcaption>
${chart}${entries.length > 0 ? legend(entries) : ''}
</figure>\n`;
