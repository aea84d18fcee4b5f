import { sleep } from './backoff';

/** Handles values one at a time; of those that come meanwhile only the newest counts. */
export class Newest<T> {
  private waiting: { value: T } | null = null;
  private busy = false;

  constructor(
    private readonly handle: (value: T) => Promise<unknown>,
    /** From the beginning of one to the beginning of the next, at least. */
    private readonly everyMs = 0,
  ) {}

  push(value: T): void {
    this.waiting = { value };
    if (!this.busy) void this.work();
  }

  private async work(): Promise<void> {
    this.busy = true;
    while (this.waiting) {
      const { value } = this.waiting;
      this.waiting = null;
      const handled = this.handle(value).catch((error: unknown) => console.warn('not done', error));
      // No timer where none is wanted: those of a hidden page are a second late.
      await (this.everyMs > 0 ? Promise.all([handled, sleep(this.everyMs)]) : handled);
    }
    this.busy = false;
  }
}
