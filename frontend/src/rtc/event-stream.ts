// The events of a seat, for as long as they are wanted: an EventSource that is watched and opened anew when it breaks.
// It names the last event that came, and the server goes on after that one.
import { Refused, send } from '../protocol/api';
import { ALIVE_EVENT, type RoomEvent } from '../protocol/messages';
import { parseRoomEvent } from '../protocol/parse';
import { ServerBackoff } from './server-backoff';

export type EventStreamHandlers = {
  event: (event: RoomEvent) => void;
  /** No answer: another try is on its way. */
  away: () => void;
  /** The room or the token is unknown. */
  gone: () => void;
};

/** The server says something every two seconds; a connection that is cut in the middle tells nobody. */
const SILENCE_MS = 5000;
/** For an answer, once we know that the server can be reached. A lost packet is sent again after 1 s, then after 3 s. */
const PATIENCE_MS = 2500;
/** At first, and over networks whose answers take long. */
const MOST_PATIENCE_MS = 10_000;

export class EventStream {
  private source: EventSource | undefined;
  /** For one thing at a time: the answer, the next sign of life, or the next try. */
  private timer: number | undefined;
  private readonly backoff = new ServerBackoff();
  private patience = MOST_PATIENCE_MS;
  private lastId = '';
  private heardAt = 0;

  constructor(
    private readonly room: string,
    private readonly query: { token: string; client: string; page: string },
    private readonly handlers: EventStreamHandlers,
  ) {}

  /** Opens it, anew if need be, and goes on where it was. */
  open(takeover = false): void {
    this.stop();
    const source = new EventSource(this.url(takeover));
    const asked = Date.now();
    let answered = false;
    this.source = source;
    this.expect(source, this.patience);
    source.onmessage = ({ data, lastEventId }) => {
      if (!answered) this.noteAnswer(Date.now() - asked);
      answered = true;
      this.lastId = lastEventId || this.lastId;
      this.hear(source);
      this.tell(data);
    };
    source.addEventListener(ALIVE_EVENT, () => this.hear(source));
    source.onerror = () => {
      if (source !== this.source) return;
      const refused = source.readyState === EventSource.CLOSED;
      this.stop();
      // One that broke is opened again before anybody has to hear of it.
      if (!answered) this.handlers.away();
      if (refused) void this.examine();
      else this.retry();
    };
  }

  /** The page, or the network, is back: what was silent meanwhile may be dead without knowing it. */
  wake(): void {
    const live = this.source && Date.now() - this.heardAt < SILENCE_MS / 2;
    if (!live) this.open();
  }

  /** What was said before no longer counts. */
  forget(): void {
    this.lastId = '';
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.source?.close();
    this.source = undefined;
  }

  private url(takeover: boolean): string {
    const query = new URLSearchParams(this.query);
    if (takeover) query.set('takeover', '1');
    else if (this.lastId) query.set('last_event_id', this.lastId);
    return `${this.room}/events?${query}`;
  }

  private tell(data: string): void {
    const event = parseRoomEvent(data);
    if (event) this.handlers.event(event);
    else console.warn('unknown room event', data);
  }

  private noteAnswer(took: number): void {
    this.backoff.reset();
    this.patience = Math.min(Math.max(PATIENCE_MS, 3 * took), MOST_PATIENCE_MS);
  }

  private hear(source: EventSource): void {
    this.heardAt = Date.now();
    this.expect(source, SILENCE_MS);
  }

  private expect(source: EventSource, within: number): void {
    if (source !== this.source) return;
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => {
      this.handlers.away();
      this.open();
    }, within);
  }

  private retry(): void {
    this.timer = window.setTimeout(() => this.open(), this.backoff.wait());
  }

  /** An EventSource does not tell why it was refused: ask for the room itself. */
  private async examine(): Promise<void> {
    const asking = new AbortController();
    const timer = window.setTimeout(() => asking.abort(), PATIENCE_MS);
    this.timer = timer;
    let gone = false;
    try {
      const query = new URLSearchParams({ token: this.query.token });
      await send(`${this.room}?${query}`, { signal: asking.signal });
    } catch (error) {
      gone = error instanceof Refused && error.gone;
    }
    // Stopped, or opened anew, meanwhile.
    if (this.timer !== timer) return;
    clearTimeout(timer);
    if (gone) this.handlers.gone();
    else this.retry();
  }
}
