// Where the time goes: one bar for each stage of a frame's way, from the camera to the screen.
import { byId, write } from '../dom';
import type { StagesMs } from '../protocol/messages';
import { STAGES, type Stage } from './frame-record';
import { fixed } from './hud';

/** As people say it, and what it is. */
export const STAGE_WORDS: Record<Stage, { name: string; is: string }> = {
  capture_to_receive: {
    name: 'Video',
    is: 'captured by the phone’s camera until its last packet arrived here',
  },
  receive_to_sample: {
    name: 'Video decoder, wait',
    is: 'jitter buffer, video decoder, until taken for detection',
  },
  encode: { name: 'JPEG', is: 'made smaller, encoded and handed to the socket' },
  uplink: { name: 'To the server', is: 'until the server has read its last byte' },
  queue: { name: 'Queue', is: 'waiting for a worker' },
  decode: { name: 'Pixels', is: 'JPEG or video frame turned into pixels' },
  resize: { name: 'Resize', is: 'pixels turned into the model’s input' },
  infer: { name: 'Inference', is: 'the model itself' },
  post: { name: 'Boxes', is: 'the model’s output turned into detections' },
  downlink: { name: 'Back to the page', is: 'until the answer has arrived' },
  paint: { name: 'Paint', is: 'until drawn on the canvas' },
  display: { name: 'Screen', is: 'until the next refresh of the screen' },
};

type Row = { root: HTMLElement; bar: HTMLElement; tail: HTMLElement; figures: HTMLElement };

export class Waterfall {
  private readonly panel = byId<HTMLDetailsElement>('waterfall');
  private readonly rows = new Map<Stage, Row>();

  constructor() {
    const list = byId('waterfall-stages');
    for (const stage of STAGES) this.rows.set(stage, addRow(list, stage));
  }

  toggle(): void {
    this.panel.open = !this.panel.open;
  }

  get open(): boolean {
    return this.panel.open;
  }

  show(stages: StagesMs | null): void {
    for (const { stage, start, median, p95, scale } of layOut(stages)) {
      const { root, bar, tail, figures } = this.rows.get(stage) as Row;
      root.dataset.known = String(median !== null);
      place(bar, start * scale, (median ?? 0) * scale);
      place(tail, (start + (median ?? 0)) * scale, ((p95 ?? 0) - (median ?? 0)) * scale);
      write(figures, median === null ? '–' : `${fixed(median, 1)} / ${fixed(p95, 1)}`);
    }
  }
}

type Placed = { stage: Stage; start: number; median: number | null; p95: number | null; scale: number };

/** Each stage begins where the one before it ends; `scale` turns ms into shares of the whole width. */
export function layOut(stages: StagesMs | null): Placed[] {
  let end = 0;
  let widest = 0;
  const placed = STAGES.map((stage) => {
    const { median = null, p95 = null } = stages?.[stage] ?? {};
    const start = end;
    end += median ?? 0;
    widest = Math.max(widest, end, start + (p95 ?? 0));
    return { stage, start, median, p95 };
  });
  return placed.map((each) => ({ ...each, scale: widest > 0 ? 1 / widest : 0 }));
}

function addRow(list: HTMLElement, stage: Stage): Row {
  const root = document.createElement('li');
  root.title = `${STAGE_WORDS[stage].name}: ${STAGE_WORDS[stage].is}`;
  const [name, track, bar, tail, figures] = Array.from({ length: 5 }, () => document.createElement('span'));
  if (!name || !track || !bar || !tail || !figures) throw new Error('five were made');
  name.textContent = STAGE_WORDS[stage].name;
  track.className = 'track';
  tail.className = 'tail';
  figures.className = 'figures';
  track.append(bar, tail);
  root.append(name, track, figures);
  list.append(root);
  return { root, bar, tail, figures };
}

function place(element: HTMLElement, start: number, width: number): void {
  element.style.insetInlineStart = `${100 * start}%`;
  element.style.inlineSize = `${100 * Math.max(0, width)}%`;
}
