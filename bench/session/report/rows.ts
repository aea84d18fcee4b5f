// Tables with a chart in one column: every row draws its own piece of it.
import { html, type Markup } from './markup';
import { type Axis, across, share } from './scale';

/** The axis, for the head of the column. */
export const header = (axis: Axis): Markup =>
  html`<svg aria-hidden="true">${axis.ticks.map(
    (tick) =>
      html`<text class="tick" x="${across(axis, tick)}" y="50%" dy="0.32em" text-anchor="middle">${tick}</text>`,
  )}</svg>`;

/** The axis' lines behind a row; the rows leave no gap, so that the lines run through. */
export const gridOf = (axis: Axis): Markup[] =>
  axis.ticks.map((tick) => {
    const x = across(axis, tick);
    return html`<line class="grid" x1="${x}" x2="${x}" y1="0" y2="100%" />`;
  });

/** From one value to another, which is the smaller one where a time is negative: hatched, as it is a fault. */
export function bar(kind: string, axis: Axis, from: number, to: number, words: string): Markup {
  const faulty = to < from ? ' negative' : '';
  return html`<rect class="${kind}${faulty}" x="${across(axis, Math.min(from, to))}" width="${share(axis, Math.abs(to - from))}" y="22%" height="56%" rx="1.5"><title>${words}</title></rect>`;
}
