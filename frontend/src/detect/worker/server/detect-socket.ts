// The detection socket: opens, keeps the clock by pings, opens again after a break.
import { Backoff } from '../../../backoff';
import type { DetectAnswer, DetectRequest, Pong } from '../../../protocol/messages';
import { parseDetectAnswer } from '../../../protocol/parse';
import { epochNow } from '../../epoch';
import { ServerClock } from './clock';

export type SocketState =
  | { kind: 'connecting' }
  | { kind: 'open' }
  | { kind: 'closed'; code: number; reason: string; retry_ms: number };

export type FrameAnswer = Exclude<DetectAnswer, { pong: unknown }>;

export type SocketHandlers = {
  state: (state: SocketState) => void;
  /** The clock has a (better) reading. */
  clock: () => void;
  answer: (answer: FrameAnswer, received: number) => void;
  /** The server said something that is not in the contract. */
  nonsense: () => void;
};

const FIRST_PINGS = 5;
const FIRST_PING_GAP_MS = 60;
/** A page that is still loading answers late, and its clock is told wrong: pings go on fast until one was quick. */
const GOOD_ERROR_MS = 3;
/** On a network that is never that quick. */
const MOST_FIRST_PINGS = 50;
const PING_EVERY_MS = 2000;
/** More go unanswered only where the server has stopped answering them. */
const MOST_PINGS_OUT = 60;

export class DetectSocket {
  readonly clock = new ServerClock();
  bytesUp = 0;
  bytesDown = 0;
  opened = 0;
  private socket: WebSocket | undefined;
  private readonly backoff = new Backoff(250, 5000);
  /** Why the connection ended. Vain tries to open it again (1006, no reason) do not talk over it. */
  private goodbye: { code: number; reason: string } | undefined;
  private pingTimer: ReturnType<typeof setTimeout> | undefined;
  /** When the pings that are not answered yet were sent. */
  private readonly pinged = new Set<number>();
  /** Pings since the clock began. */
  private pings = 0;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly url: string,
    private readonly handlers: SocketHandlers,
  ) {}

  open(): void {
    this.handlers.state({ kind: 'connecting' });
    const socket = new WebSocket(this.url);
    this.socket = socket;
    socket.onopen = () => {
      this.opened += 1;
      this.goodbye = undefined;
      this.clock.reset();
      this.pinged.clear();
      this.pings = 0;
      this.handlers.state({ kind: 'open' });
      this.ping();
    };
    socket.onmessage = ({ data }) => {
      if (socket === this.socket) this.receive(data);
    };
    socket.onclose = ({ code, reason }) => {
      if (socket === this.socket) this.closed(code, reason);
    };
  }

  /** Frames may be sent: the socket is open and the server's clock is known. */
  get ready(): boolean {
    return this.socket?.readyState === WebSocket.OPEN && this.clock.reading !== null;
  }

  send(message: ArrayBuffer): void {
    this.bytesUp += message.byteLength;
    this.socket?.send(message);
  }

  /** Gives up on a connection that has stopped answering, without waiting for its goodbye. */
  abandon(reason: string): void {
    const socket = this.socket;
    this.socket = undefined;
    socket?.close(4000, reason);
    this.closed(4000, reason);
  }

  /** For good: nobody wants answers any more. */
  close(): void {
    const socket = this.socket;
    this.socket = undefined;
    clearTimeout(this.pingTimer);
    clearTimeout(this.retryTimer);
    socket?.close(1000, 'another detector is at work');
  }

  private closed(code: number, reason: string): void {
    clearTimeout(this.pingTimer);
    this.socket = undefined;
    this.goodbye ??= { code, reason };
    const retry_ms = this.backoff.wait();
    this.handlers.state({ kind: 'closed', ...this.goodbye, retry_ms });
    this.retryTimer = setTimeout(() => this.open(), retry_ms);
  }

  private ping(): void {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    const t0 = epochNow();
    const text = JSON.stringify({ ping: { t0 } } satisfies DetectRequest);
    this.bytesUp += text.length;
    this.pings += 1;
    this.pinged.add(t0);
    const [oldest] = this.pinged;
    if (oldest !== undefined && this.pinged.size > MOST_PINGS_OUT) this.pinged.delete(oldest);
    this.socket.send(text);
    const gap = this.knowsTime ? PING_EVERY_MS : FIRST_PING_GAP_MS;
    this.pingTimer = setTimeout(() => this.ping(), gap);
  }

  private get knowsTime(): boolean {
    const { error } = this.clock.reading ?? {};
    const isGood = typeof error === 'number' && error <= GOOD_ERROR_MS;
    return this.pings >= MOST_FIRST_PINGS || (this.pings >= FIRST_PINGS && isGood);
  }

  private receive(data: unknown): void {
    const received = epochNow();
    if (typeof data === 'string') this.bytesDown += data.length;
    const answer = parseDetectAnswer(data);
    if (answer === null) {
      console.warn('the detection socket said something unknown', data);
      this.handlers.nonsense();
    } else if ('pong' in answer) {
      this.pong(answer.pong, received);
    } else {
      this.handlers.answer(answer, received);
    }
  }

  private pong(pong: Pong, received: number): void {
    if (this.pinged.delete(pong.t0)) {
      if (this.clock.note(pong, received)) this.pings = 0;
      this.backoff.reset();
      this.handlers.clock();
    } else {
      // Not one of ours, so it tells no round trip.
      this.handlers.nonsense();
    }
  }
}
