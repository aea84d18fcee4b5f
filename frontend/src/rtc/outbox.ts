// Signals on their way up: one at a time, in order, each until the server has it.
import { Backoff, sleep } from '../backoff';
import { post, Refused, send } from '../protocol/api';
import type { Signal } from './negotiation';

/** A negotiation takes about twenty. */
const MOST_WAITING = 64;
const PATIENCE_MS = 2500;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 1000;
/** The server has no room for it at the moment. */
const LATER = [429, 503];

type Letter = { signal: Signal; sitting: string; number: number; done: () => void };

export class Outbox {
  /** Round trip of the last signal that was delivered. */
  postMs: number | null = null;
  private waiting: Letter[] = [];
  private sitting = '';
  private number = 0;
  private busy = false;

  /** `lost`: the server does not know our sitting any more. */
  constructor(
    private readonly room: string,
    private readonly token: string,
    private readonly lost: () => void,
  ) {}

  /** Speaks for a new sitting; what was not delivered in the last one belongs to negotiations that begin anew. */
  begin(sitting: string): void {
    this.sitting = sitting;
    this.clear();
  }

  clear(): void {
    this.keep(() => false);
  }

  /** Resolves when it was taken, refused or given up. */
  post(signal: Signal): Promise<void> {
    if ('offer' in signal) this.forgetOthers(signal.offer.session);
    this.number += 1;
    const { sitting, number } = this;
    const finished = new Promise<void>((done) => this.waiting.push({ signal, sitting, number, done }));
    if (this.waiting.length > MOST_WAITING) {
      const [oldest] = this.waiting;
      console.warn('a signal was left out, the server takes none', oldest?.signal);
      this.keep((letter) => letter !== oldest);
    }
    void this.deliver();
    return finished;
  }

  /** An offer replaces the session before it. */
  private forgetOthers(session: string): void {
    this.keep(({ signal }) => (sessionOf(signal) ?? session) === session);
  }

  private keep(wanted: (letter: Letter) => boolean): void {
    const all = this.waiting;
    this.waiting = all.filter(wanted);
    for (const letter of all) if (!wanted(letter)) letter.done();
  }

  private async deliver(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    const backoff = new Backoff(FIRST_WAIT_MS, LONGEST_WAIT_MS);
    for (let next = this.waiting[0]; next; next = this.waiting[0]) {
      if (await this.send(next)) {
        backoff.reset();
        this.keep((letter) => letter !== next);
      } else {
        await sleep(backoff.wait());
      }
    }
    this.busy = false;
  }

  /** False: worth another try. The number lets the server know a signal that it has already. */
  private async send({ signal, sitting, number }: Letter): Promise<boolean> {
    const query = new URLSearchParams({ token: this.token, sitting, number: String(number) });
    const patience = AbortSignal.timeout(PATIENCE_MS);
    const begun = performance.now();
    try {
      await send(`${this.room}/signal?${query}`, { ...post(signal), signal: patience });
      this.postMs = performance.now() - begun;
      return true;
    } catch (error) {
      if (!(error instanceof Refused) || LATER.includes(error.status)) return false;
      // Other refusals (nobody on the other seat, room gone) stand: the events tell more.
      if (error.api.error === 'not_seated' && sitting === this.sitting) this.lost();
      return true;
    }
  }
}

function sessionOf(signal: Signal): string | undefined {
  const [body] = Object.values(signal) as { session?: string }[];
  return body?.session;
}
