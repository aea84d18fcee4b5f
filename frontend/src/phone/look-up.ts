// Looks up which room the phone's link opens: one question at a time, again and again until the server answers.
import { ask, Refused, refusalOf } from '../protocol/api';
import { parseJoinInfo } from '../protocol/parse';
import { PATIENCE_MS, ServerBackoff } from '../rtc/server-backoff';

export type LookUpHandlers = {
  found: (room: string) => void;
  /** The link opens none, or none any more. */
  gone: () => void;
  /** Another try is on its way. `refusal`: why the server said no, in its words; null where it said nothing. */
  failed: (refusal: string | null) => void;
};

export class LookUp {
  private readonly backoff = new ServerBackoff();
  /** The question that counts. */
  private asking: AbortController | undefined;
  /** For its answer, or for the next one. */
  private timer: number | undefined;
  private done = false;

  constructor(
    private readonly token: string,
    private readonly handlers: LookUpHandlers,
  ) {
    window.addEventListener('online', this.again);
    document.addEventListener('visibilitychange', this.seen);
    this.begin();
  }

  /** Asks at once: what was asked before may wait for a network that is gone. */
  readonly again = () => {
    if (this.done) return;
    this.backoff.reset();
    this.begin();
  };

  private readonly seen = () => {
    if (document.visibilityState === 'visible') this.again();
  };

  private begin(): void {
    this.drop();
    const asking = new AbortController();
    this.asking = asking;
    this.timer = window.setTimeout(() => asking.abort(), PATIENCE_MS);
    const isNewest = () => asking === this.asking;
    ask(`/api/join/${encodeURIComponent(this.token)}`, parseJoinInfo, { signal: asking.signal }).then(
      ({ room }) => {
        if (isNewest()) this.find(room);
      },
      (error: unknown) => {
        if (isNewest()) this.fail(error);
      },
    );
  }

  private find(room: string): void {
    this.end();
    this.handlers.found(room);
  }

  private fail(error: unknown): void {
    if (error instanceof Refused && error.gone) {
      this.end();
      this.handlers.gone();
      return;
    }
    console.warn('the link could not be looked up', error);
    this.drop();
    this.timer = window.setTimeout(() => this.begin(), this.backoff.wait());
    this.handlers.failed(refusalOf(error));
  }

  private drop(): void {
    clearTimeout(this.timer);
    const { asking } = this;
    this.asking = undefined;
    asking?.abort();
  }

  private end(): void {
    this.done = true;
    this.drop();
    window.removeEventListener('online', this.again);
    document.removeEventListener('visibilitychange', this.seen);
  }
}
