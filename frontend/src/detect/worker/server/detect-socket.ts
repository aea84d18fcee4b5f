// The detection socket: opens, keeps the clock by pings, opens again after a break.
import { Pings } from '../../../clock/pings';
import type { ServerClock } from '../../../clock/server-clock';
import { Lifeline } from '../../../lifeline';
import type { DetectAnswer, DetectRequest, Pong } from '../../../protocol/messages';
import { parseDetectAnswer } from '../../../protocol/parse';
import { Retry } from '../../../retry';
import { epochNow } from '../../epoch';

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
  private readonly again = new Retry(() => this.open());
  private readonly lifeline = new Lifeline((why) => this.abandon(why));
  /** Why the connection ended. Vain tries to open it again (1006, no reason) do not talk over it. */
  private goodbye: { code: number; reason: string } | undefined;

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
    this.again.stop();
    socket?.close(1000, 'another detector is at work');
  }

  /** Somebody has heard of the server: there is nothing to wait for. */
  retry(): void {
    this.lifeline.hurry();
    this.again.now();
  }

  private closed(code: number, reason: string): void {
    this.pings.stop();
    this.lifeline.stop();
    this.socket = undefined;
    this.goodbye ??= { code, reason };
    const retry_ms = this.again.later();
    this.handlers.state({ kind: 'closed', ...this.goodbye, retry_ms });
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
    this.again.succeeded();
    this.handlers.clock();
  }
}
