// Pictures on their way to the worker, one at a time. While it infers it hears nothing: what lay waiting there would be
// old when its turn comes, so the newest one waits here.
import type { ToWorker } from './messages';

export type PictureMessage = ToWorker & { type: 'picture' };

export class PictureLane {
  private waiting: PictureMessage | null = null;
  private clear = true;

  constructor(private readonly send: (message: PictureMessage) => void) {}

  offer(message: PictureMessage): void {
    this.drop();
    if (this.clear) this.pass(message);
    else this.waiting = message;
  }

  /** The worker has taken the last one in, and hears again. */
  taken(): void {
    this.clear = true;
    const { waiting } = this;
    this.waiting = null;
    if (waiting) this.pass(waiting);
  }

  /** Of the track that has ended nothing is wanted any more. */
  drop(): void {
    this.waiting?.picture.close();
    this.waiting = null;
  }

  /** Another worker: it has been sent nothing yet. */
  reset(): void {
    this.drop();
    this.clear = true;
  }

  private pass(message: PictureMessage): void {
    this.clear = false;
    this.send(message);
  }
}
