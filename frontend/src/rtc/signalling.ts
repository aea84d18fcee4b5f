// A seat in a room: events come down a stream that mends itself, signals go up by POST, in order.
import type { Role, RoomEvent } from '../protocol/messages';
import { randomName } from '../random';
import { forThisTab, keep, recall } from '../store';
import { EventStream } from './event-stream';
import { parseSignal, type Signal } from './negotiation';
import { Outbox } from './outbox';

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
  /** Whether the other seat is occupied; `welcome`: we sit here anew, and earlier signals may be lost. */
  peer: (present: boolean, welcome: boolean) => void;
  signal: (signal: Signal) => void;
  /** To the viewer: phones are invited by other addresses now. */
  invitation?: () => void;
};

type Welcome = Extract<RoomEvent, { welcome: unknown }>['welcome'];

const SEATED: SeatState[] = ['connecting', 'open', 'retrying'];

export class RoomChannel {
  state: SeatState = 'connecting';
  peerPresent = false;
  private readonly room: string;
  private readonly stream: EventStream;
  private readonly outbox: Outbox;
  /** As the server names our stay in the seat; empty while we have none. */
  sitting = '';

  constructor(
    private readonly seat: { room: string; token: string; role: Role },
    private readonly handlers: SeatHandlers,
  ) {
    const { token, role } = seat;
    this.room = `/api/rooms/${encodeURIComponent(seat.room)}`;
    this.outbox = new Outbox(this.room, token, this.wake);
    this.stream = new EventStream(
      this.room,
      { token, client: clientId(role), page: PAGE },
      {
        event: (event) => this.receive(event),
        away: () => this.enter('retrying'),
        gone: () => this.end('gone'),
      },
    );
    window.addEventListener('online', this.wake);
    window.addEventListener('pageshow', this.wakeAgain);
    window.addEventListener('pagehide', this.leave);
    document.addEventListener('visibilitychange', this.seen);
  }

  /** Round trip of the last signal that was posted. */
  get postMs(): number | null {
    return this.outbox.postMs;
  }

  /** Takes the seat anew. */
  open(takeover = false): void {
    this.stream.forget();
    this.outbox.clear();
    this.sitting = '';
    this.enter('connecting');
    this.stream.open(takeover);
  }

  close(): void {
    this.leave();
    window.removeEventListener('online', this.wake);
    window.removeEventListener('pageshow', this.wakeAgain);
    window.removeEventListener('pagehide', this.leave);
    document.removeEventListener('visibilitychange', this.seen);
    this.end('closed');
  }

  /**
   * Queued behind earlier signals, so that an offer never overtakes its candidates or the other way round.
   * Resolves when it was taken, refused or given up: whoever posts again and again waits for that.
   */
  async post(signal: Signal): Promise<void> {
    // Who has no seat, or not yet, speaks for nobody: the welcome is what negotiations begin with.
    if (this.sitting && SEATED.includes(this.state)) await this.outbox.post(signal);
  }

  /** A stream of another network is dead. */
  private readonly wake = () => {
    if (SEATED.includes(this.state)) this.stream.open();
  };

  private readonly seen = () => {
    if (document.visibilityState === 'visible' && SEATED.includes(this.state)) this.stream.wake();
  };

  /** Back from the browser's memory, where we left the seat. */
  private readonly wakeAgain = ({ persisted }: PageTransitionEvent) => {
    if (persisted) this.wake();
  };

  /** Without this word the other page would take us for interrupted for a while. It is sent even if the page is closed. */
  private readonly leave = () => {
    this.stream.stop();
    if (!this.sitting) return;
    const query = new URLSearchParams({ token: this.seat.token, sitting: this.sitting });
    this.sitting = '';
    // No beacon: those tell no origin where the page sends no referrer, and are then taken for another site's.
    fetch(`${this.room}/leave?${query}`, { method: 'POST', keepalive: true }).catch(() => {});
  };

  private receive(event: RoomEvent): void {
    if ('welcome' in event) this.welcome(event.welcome);
    else if ('peer' in event) this.notePeer(event.peer.role, event.peer.present);
    else if ('signal' in event) this.noteSignal(event.signal);
    else if ('invitation' in event) this.handlers.invitation?.();
    else this.end('taken' in event ? 'taken' : 'replaced');
  }

  private welcome({ sitting, peer_present, resumed }: Welcome): void {
    this.enter('open');
    // What happened meanwhile follows.
    if (resumed) return;
    this.sitting = sitting;
    this.outbox.begin(sitting);
    this.peerPresent = peer_present;
    this.handlers.peer(peer_present, true);
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

  private end(state: SeatState): void {
    this.stream.stop();
    this.outbox.clear();
    this.sitting = '';
    this.enter(state);
  }

  private enter(state: SeatState): void {
    if (this.state === state && state !== 'connecting') return;
    this.state = state;
    this.handlers.state(state);
  }
}

/** Tells this document from those with the same name: tabs that were duplicated. */
const PAGE = randomName();

/** Names this tab, so that a reload of the same page gets its own seat back without a question. */
function clientId(role: Role): string {
  const key = `sightline.client.${role}`;
  const known = recall(forThisTab, key);
  if (known) return known;
  const fresh = randomName();
  keep(forThisTab, key, fresh);
  return fresh;
}
