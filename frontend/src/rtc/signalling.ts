// A seat in a room: events come down an EventSource, signals go up by POST, in order.
import { Backoff, sleep } from '../backoff';
import { post, Refused, send } from '../protocol/api';
import type { Role, RoomEvent } from '../protocol/messages';
import { parseRoomEvent } from '../protocol/parse';
import { randomName } from '../random';
import { forThisTab, keep, recall } from '../store';
import { parseSignal, type Signal } from './negotiation';

export type SeatState =
  | 'connecting'
  | 'open'
  /** The server does not answer; another try is on its way. */
  | 'retrying'
  /** Another phone sits here. */
  | 'taken'
  /** Somebody took this seat from us. */
  | 'replaced'
  /** The room or the token is unknown: expired, or the server forgot it. */
  | 'gone'
  | 'closed';

export type SeatHandlers = {
  state: (state: SeatState) => void;
  /** Whether the other seat is occupied; said anew after every reconnection. */
  peer: (present: boolean, welcome: boolean) => void;
  signal: (signal: Signal) => void;
  /** To the viewer: phones are invited by other addresses now. */
  invitation?: () => void;
};

const TRIES = 4;
const LONG_SLEEP_MS = 15_000;

export class RoomChannel {
  state: SeatState = 'connecting';
  peerPresent = false;
  private source: EventSource | undefined;
  private timer: number | undefined;
  private readonly backoff = new Backoff(500, 8000);
  private hiddenAt = Date.now();
  private outbox: Promise<void> = Promise.resolve();

  constructor(
    private readonly seat: { room: string; token: string; role: Role },
    private readonly handlers: SeatHandlers,
  ) {
    window.addEventListener('online', this.wake);
    document.addEventListener('visibilitychange', this.seen);
  }

  open(takeover = false): void {
    this.drop();
    this.enter('connecting');
    this.listen(takeover);
  }

  close(): void {
    this.drop();
    window.removeEventListener('online', this.wake);
    document.removeEventListener('visibilitychange', this.seen);
    this.enter('closed');
  }

  /** Queued behind earlier signals, so that an offer never overtakes its candidates or the other way round. */
  post(signal: Signal): void {
    this.outbox = this.outbox.then(() => this.deliver(signal));
  }

  /** After a sleep or a change of network a stream may be dead without knowing it: take the seat anew. */
  private readonly wake = () => {
    if (['connecting', 'open', 'retrying'].includes(this.state)) this.open();
  };

  private readonly seen = () => {
    if (document.visibilityState === 'hidden') this.hiddenAt = Date.now();
    else if (Date.now() - this.hiddenAt > LONG_SLEEP_MS) this.wake();
  };

  private url(takeover: boolean): string {
    const query = new URLSearchParams({ token: this.seat.token, client: clientId(this.seat.role) });
    if (takeover) query.set('takeover', '1');
    return `/api/rooms/${encodeURIComponent(this.seat.room)}/events?${query}`;
  }

  private listen(takeover: boolean): void {
    const url = this.url(takeover);
    const source = new EventSource(url);
    this.source = source;
    source.onmessage = ({ data }) => this.receive(parseRoomEvent(data), data);
    source.onerror = () => {
      if (source !== this.source) return;
      source.close();
      void this.examine(url);
    };
  }

  /** An EventSource does not tell why it ended: ask the same address once for its status, then wait or give up. */
  private async examine(url: string): Promise<void> {
    const source = this.source;
    this.enter('retrying');
    const probe = new AbortController();
    const patience = setTimeout(() => probe.abort(), 5000);
    try {
      await send(url, { signal: probe.signal });
    } catch (error) {
      if (source !== this.source) return;
      if (error instanceof Refused && error.gone) return this.end('gone');
    } finally {
      clearTimeout(patience);
      probe.abort();
    }
    if (source !== this.source) return;
    this.timer = window.setTimeout(() => this.listen(false), this.backoff.wait());
  }

  private receive(event: RoomEvent | null, raw: unknown): void {
    if (event === null) console.warn('unknown room event', raw);
    else if ('welcome' in event) this.welcome(event.welcome.peer_present);
    else if ('peer' in event) this.notePeer(event.peer.role, event.peer.present);
    else if ('signal' in event) this.noteSignal(event.signal);
    else if ('invitation' in event) this.handlers.invitation?.();
    else this.end('taken' in event ? 'taken' : 'replaced');
  }

  private welcome(peerPresent: boolean): void {
    this.backoff.reset();
    this.peerPresent = peerPresent;
    this.enter('open');
    this.handlers.peer(peerPresent, true);
  }

  private notePeer(role: Role, present: boolean): void {
    if (role === this.seat.role) return;
    this.peerPresent = present;
    this.handlers.peer(present, false);
  }

  private noteSignal({ from, payload }: { from: Role; payload: unknown }): void {
    const signal = from === this.seat.role ? null : parseSignal(payload);
    if (signal) this.handlers.signal(signal);
    else console.warn('ignored a signal', payload);
  }

  private async deliver(signal: Signal): Promise<void> {
    const path = `/api/rooms/${encodeURIComponent(this.seat.room)}/signal?${new URLSearchParams({ token: this.seat.token })}`;
    for (let attempt = 0; attempt < TRIES; attempt++) {
      try {
        await send(path, post(signal));
        return;
      } catch (error) {
        // A refusal (nobody on the other seat, room gone) stands; only silence is worth another try.
        if (error instanceof Refused) return;
        await sleep(250 * 2 ** attempt);
      }
    }
    console.warn('a signal could not be delivered', signal);
  }

  private end(state: SeatState): void {
    this.drop();
    this.enter(state);
  }

  private drop(): void {
    clearTimeout(this.timer);
    this.source?.close();
    this.source = undefined;
  }

  private enter(state: SeatState): void {
    if (this.state === state && state !== 'connecting') return;
    this.state = state;
    this.handlers.state(state);
  }
}

/** Names this tab, so that a reload of the same page gets its own seat back without a question. */
function clientId(role: Role): string {
  const key = `sightline.client.${role}`;
  const known = recall(forThisTab, key);
  if (known) return known;
  const fresh = randomName();
  keep(forThisTab, key, fresh);
  return fresh;
}
