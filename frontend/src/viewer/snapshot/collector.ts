// Keeps frames that were detected anyway, with what was detected, up to a bound. Nothing leaves this page.
import type { Picture, ResultMessage } from '../../detect/messages';
import { words } from '../../errors';
import type { Collection } from './collection';
import type { Encoded } from './messages';

export type Bounds = { bytes: number; frames: number };

/** About five minutes of 15 frames a second at 640×480. */
export const BOUNDS: Bounds = { bytes: 200_000_000, frames: 10_000 };

/** Pictures being encoded: when it is slower than the detector, frames are left out rather than queued. */
const MOST_ENCODING = 2;

export type CollectorParts = {
  /** As a JPEG. The picture stays the caller's. */
  encode: (picture: Picture) => Promise<Encoded>;
  /** An empty collection. */
  open: () => Promise<Collection>;
  /** The state is another one, or has grown. */
  changed: () => void;
};

export type Tally = {
  frames: number;
  bytes: number;
  /** Frames that were left out because the encoder was busy. */
  skipped: number;
};

type Running = {
  collection: Collection;
  encoding: number;
  skipped: number;
  /** The frame taken last has been kept, or could not be. */
  last: Promise<void>;
};

export type CollectorState =
  /** `reason`: why there is nothing, when something was wanted. */
  | { kind: 'empty'; reason: string | null }
  | { kind: 'opening' }
  | { kind: 'collecting'; tally: Tally }
  /** `reason`: why it ended by itself. */
  | { kind: 'kept'; tally: Tally; zip: Blob; reason: string | null; saved: boolean };

export class Collector {
  state: CollectorState = { kind: 'empty', reason: null };
  private running: Running | null = null;

  constructor(
    private readonly parts: CollectorParts,
    readonly bounds: Bounds = BOUNDS,
  ) {}

  /** Frames would be lost if the page were closed now. */
  get unsaved(): boolean {
    const { state } = this;
    return state.kind === 'collecting' ? state.tally.frames > 0 : state.kind === 'kept' && !state.saved;
  }

  /** In the place of what was saved before. */
  async start(): Promise<void> {
    const { state } = this;
    if (this.unsaved || state.kind === 'opening' || state.kind === 'collecting') return;
    this.become({ kind: 'opening' });
    try {
      this.running = {
        collection: await this.parts.open(),
        encoding: 0,
        skipped: 0,
        last: Promise.resolve(),
      };
      this.grown(this.running);
    } catch (error) {
      this.become({ kind: 'empty', reason: words(error) });
    }
  }

  /** The frame's picture stays the caller's. */
  take(message: ResultMessage): void {
    const { running } = this;
    if (!running) return;
    if (running.encoding === MOST_ENCODING) {
      running.skipped += 1;
    } else {
      running.encoding += 1;
      running.last = this.encode(running, message);
    }
  }

  /** Ends with what is there; what is still being encoded is left out. `reason`: when it ends by itself. */
  stop(reason: string | null = null): void {
    const { running } = this;
    if (!running) return;
    this.running = null;
    const tally = tallyOf(running);
    if (tally.frames === 0) {
      this.become({ kind: 'empty', reason: reason ?? 'no frame was detected meanwhile' });
      return;
    }
    try {
      this.become({ kind: 'kept', tally, zip: running.collection.zip(), reason, saved: false });
    } catch (error) {
      this.become({ kind: 'empty', reason: `the zip could not be made: ${words(error)}` });
    }
  }

  /** The zip was given to the person. It stays until it is discarded or another collection begins. */
  noteSaved(): void {
    if (this.state.kind === 'kept') this.become({ ...this.state, saved: true });
  }

  discard(): void {
    this.running = null;
    this.become({ kind: 'empty', reason: null });
  }

  private async encode(running: Running, message: ResultMessage): Promise<void> {
    try {
      // Browsers encode two pictures side by side, and the second may be ready first.
      const [encoded] = await Promise.all([this.parts.encode(message.picture), running.last]);
      running.encoding -= 1;
      if (running === this.running) this.keep(running, message, encoded);
    } catch (error) {
      if (running === this.running) this.stop(words(error));
    }
  }

  private keep(running: Running, message: ResultMessage, encoded: Encoded): void {
    const { collection } = running;
    const { bytes, frames } = this.bounds;
    const added = collection.add(message, encoded, bytes);
    if (!added) this.stop(`the bound of ${megabytes(bytes)} is reached`);
    else if (collection.size === frames) this.stop(`the bound of ${frames} frames is reached`);
    else this.grown(running);
  }

  private grown(running: Running): void {
    this.become({ kind: 'collecting', tally: tallyOf(running) });
  }

  private become(state: CollectorState): void {
    this.state = state;
    this.parts.changed();
  }
}

const tallyOf = ({ collection, skipped }: Running): Tally => ({
  frames: collection.size,
  bytes: collection.bytes,
  skipped,
});

export const megabytes = (bytes: number): string => `${Number((bytes / 1e6).toFixed(1))} MB`;
