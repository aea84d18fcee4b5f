// The buttons that save pictures: one frame, or all that come for a while. Files are made in this page.
import type { ResultMessage } from '../../detect/messages';
import { byId, write } from '../../dom';
import { words } from '../../errors';
import type { ClientConfig } from '../../protocol/messages';
import { download } from '../download';
import type { Filter } from '../filter';
import { Collector, type CollectorState, megabytes, type Tally } from './collector';
import { Encoder } from './encoder';
import { momentName, savedFrame } from './frame';

export type SnapshotParts = {
  config: ClientConfig;
  filter: Filter;
  /** The newest result with its own picture; null when no video is shown. */
  newest: () => ResultMessage | null;
};

export class Snapshots {
  private readonly collectButton = byId<HTMLButtonElement>('collect');
  private readonly collected = byId('collected');
  private readonly count = byId('collect-count');
  private readonly bar = byId<HTMLProgressElement>('collect-bar');
  private readonly saveButton = byId<HTMLButtonElement>('save-collected');
  private readonly discardButton = byId<HTMLButtonElement>('discard-collected');
  private readonly note = byId('snapshot-note');
  /** What was said of the collector's state last. */
  private told = '';
  private readonly encoder = new Encoder();
  private readonly collector = new Collector({
    encode: (picture) => this.encoder.encode(picture, null),
    open: async () => (await fetched(import('./collection'))).openCollection(this.parts.config),
    changed: () => this.show(this.collector.state),
  });

  constructor(private readonly parts: SnapshotParts) {
    byId('save-frame').addEventListener('click', () => void this.saveFrame());
    this.collectButton.addEventListener('click', () => this.collect());
    this.saveButton.addEventListener('click', () => this.saveCollected());
    this.discardButton.addEventListener('click', () => this.discard());
  }

  /** Every result that is shown passes here. */
  take(message: ResultMessage): void {
    this.collector.take(message);
  }

  async saveFrame(): Promise<void> {
    const newest = this.parts.newest();
    if (!newest) {
      this.say('No frame to save: nothing is being detected.');
      return;
    }
    try {
      const name = `sightline-frame-${momentName(newest.result.capture_ts)}-${newest.result.frame_id}`;
      download(await this.frameZip(newest, name), `${name}.zip`);
      this.say(`Saved as ${name}.zip.`);
    } catch (error) {
      this.say(`The frame was not saved: ${words(error)}.`);
    }
  }

  /** Begins, or stops and keeps what there is. */
  collect(): void {
    const { collector } = this;
    if (collector.state.kind === 'collecting') collector.stop();
    else if (collector.unsaved) this.say('Save or discard the collected frames first.');
    else void collector.start();
  }

  /**
   * The picture and what was detected in it. One zip, since browsers ask before a page may give a second file at one
   * press: a "no", or a question not seen, would part a picture from its figures.
   */
  private async frameZip(newest: ResultMessage, name: string): Promise<Blob> {
    const { config, filter } = this.parts;
    const { threshold } = filter;
    const hidden_labels = [...filter.hidden];
    const boxes = filter.apply(newest.result.detections);
    // Asked for before any waiting: the next result closes this one's picture.
    const drawing = this.encoder.encode(newest.picture, boxes);
    const [{ bytes, ...size }, { Archive }] = await Promise.all([drawing, fetched(import('./archive'))]);
    const archive = new Archive();
    const frame = savedFrame(newest, `${name}.png`, size);
    const told = { ...frame, model: config.model.name, version: config.version, threshold, hidden_labels };
    archive.add(`${name}.png`, new Uint8Array(bytes));
    archive.add(`${name}.json`, `${JSON.stringify(told, null, 2)}\n`);
    return archive.end();
  }

  private saveCollected(): void {
    const { state } = this.collector;
    if (state.kind !== 'kept') return;
    download(state.zip, `sightline-frames-${momentName(Date.now())}.zip`);
    this.collector.noteSaved();
  }

  private discard(): void {
    this.collector.discard();
    // The button that was pressed is gone: whoever works by keyboard goes on here.
    this.collectButton.focus();
  }

  private show(state: CollectorState): void {
    const collecting = state.kind === 'collecting';
    this.collectButton.textContent = collecting ? 'Stop' : 'Collect frames';
    this.collectButton.setAttribute('aria-pressed', String(collecting));
    this.collected.hidden = !('tally' in state);
    this.saveButton.disabled = state.kind !== 'kept';
    if ('tally' in state) this.showTally(state.tally);
    const news = sentence(state);
    // With every frame the state is told again; what was said of a saved frame meanwhile stays.
    if (news !== this.told) this.say(news);
    this.told = news;
    // Listened to only while it matters: a page that listens is not kept by the browser for the way back.
    const change = this.collector.unsaved ? 'addEventListener' : 'removeEventListener';
    window[change]('beforeunload', warn);
  }

  private showTally({ frames, bytes, skipped }: Tally): void {
    const { bounds } = this.collector;
    const left = skipped > 0 ? `, ${skipped} left out` : '';
    const size = `${(bytes / 1e6).toFixed(1)} of ${megabytes(bounds.bytes)}`;
    this.count.textContent = `${frames} ${frames === 1 ? 'frame' : 'frames'}, ${size}${left}`;
    this.bar.value = Math.max(bytes / bounds.bytes, frames / bounds.frames);
  }

  private say(words: string): void {
    write(this.note, words);
  }
}

/** What is loaded when it is first needed comes from the server, which may be away by then. */
const fetched = <T>(part: Promise<T>): Promise<T> =>
  part.catch((cause) => {
    throw new Error('this page could not load its zip writer: is the server there?', { cause });
  });

const warn = (event: Event) => event.preventDefault();

function sentence(state: CollectorState): string {
  switch (state.kind) {
    case 'empty':
      return state.reason === null ? '' : `Nothing was collected: ${state.reason}.`;
    case 'opening':
      return 'Getting ready…';
    case 'collecting':
      return 'Collecting every detected frame, in this page only.';
    case 'kept': {
      const why = state.reason === null ? '' : `Stopped: ${state.reason}. `;
      return `${why}${state.saved ? 'Saved as a zip.' : 'Not saved yet: only this page has the frames.'}`;
    }
  }
}
