// The detection socket: opens, keeps the clock by pings, opens again after a break.
import { Backoff } from '../../../backoff';
import { Pings } from '../../../clock/pings';
import type { ServerClock } from '../../../clock/server-clock';
import { Lifeline } from '../../../lifeline';
import type { DetectAnswer, DetectRequest, Pong } from '../../../protocol/messages';
import { parseDetectAnswer } from '../../../protocol/parse';
import { epochNow } from '../../epoch';

const FIRST_WAIT_MS = 250;
/** Whoever hears of the server sooner says so. More tries in vain, and Chromium holds the next ones up. */
const LONGEST_WAIT_MS = 4000;

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

export class DetectSocket {
  bytesUp = 0;
  bytesDown = 0;
  opened = 0;
  private readonly pings = new Pings((t0) => this.ping(t0));
  private socket: WebSocket | undefined;
  private readonly backoff = new Backoff(FIRST_WAIT_MS, LONGEST_WAIT_MS);
  private readonly lifeline = new Lifeline((why) => this.abandon(why));
  /** Why the connection ended. Vain tries to open it again (1006, no reason) do not talk over it. */
  private goodbye: { code: number; reason: string } | undefined;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly url: string,
    private readonly handlers: SocketHandlers,
  ) {}

  open(): void {
    this.handlers.state({ kind: 'connecting' });
    const socket = new WebSocket(this.url);
    this.socket = socket;
    this.lifeline.connecting();
    socket.onopen = () => {
      if (socket !== this.socket) return;
      this.lifeline.opened();
      this.opened += 1;
      this.goodbye = undefined;
      // First of all: the last connection's clock is not this one's.
      this.pings.start();
      this.handlers.state({ kind: 'open' });
    };
    socket.onmessage = ({ data }) => {
      if (socket === this.socket) this.receive(data);
    };
    socket.onclose = ({ code, reason }) => {
      if (socket === this.socket) this.closed(code, reason);
    };
  }

  get clock(): ServerClock {
    return this.pings.clock;
  }

  /** Frames may be sent: the socket is open and the server's clock is known. */
  get ready(): boolean {
    return this.socket?.readyState === WebSocket.OPEN && this.clock.reading !== null;
  }

  send(message: ArrayBuffer): void {
    this.bytesUp += message.byteLength;
    this.socket?.send(message);
  }

  /** Gives up on a connection that does not answer (any more), without waiting for its goodbye. */
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
    this.pings.stop();
    this.lifeline.stop();
    this.stopWaiting();
    socket?.close(1000, 'another detector is at work');
  }

  /** Somebody has heard of the server: there is nothing to wait for. */
  retry(): void {
    if (this.retryTimer === undefined) return;
    this.stopWaiting();
    this.open();
  }

  private stopWaiting(): void {
    clearTimeout(this.retryTimer);
    this.retryTimer = undefined;
  }

  private closed(code: number, reason: string): void {
    this.pings.stop();
    this.lifeline.stop();
    this.socket = undefined;
    this.goodbye ??= { code, reason };
    const retry_ms = this.backoff.wait();
    this.handlers.state({ kind: 'closed', ...this.goodbye, retry_ms });
    this.retryTimer = setTimeout(() => this.retry(), retry_ms);
  }

  private ping(t0: number): void {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    const text = JSON.stringify({ ping: { t0 } } satisfies DetectRequest);
    this.bytesUp += text.length;
    this.socket.send(text);
  }

  private receive(data: unknown): void {
    const received = epochNow();
    this.lifeline.heard();
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
    if (!this.pings.answered(pong, received)) {
      this.handlers.nonsense();
      return;
    }
    this.backoff.reset();
    this.handlers.clock();
  }
}
