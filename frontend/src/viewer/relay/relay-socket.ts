// The relay's socket: the phone's newest frames come down, the clock is kept by pings, and it opens again after a break.
import { Pings } from '../../clock/pings';
import { epochNow } from '../../detect/epoch';
import type { Capture } from '../../detect/messages';
import { Lifeline } from '../../lifeline';
import { type DetectRequest, FRAME_HEADER_BYTES, type RelayedFrame } from '../../protocol/messages';
import { parseRelayMessage } from '../../protocol/parse-relay';
import { Retry } from '../../retry';

/** A frame as it came; its times are told in the viewer's clock. */
export type RelayFrame = {
  jpeg: ArrayBuffer;
  capture: Capture;
  /** The capture time is right within ± this: the phone's knowledge of the server's clock and ours. */
  clockError: number;
  /** Of the whole message. */
  bytes: number;
};

export type RelaySocketHandlers = {
  opened: () => void;
  frame: (frame: RelayFrame) => void;
};

export class RelaySocket {
  private readonly pings = new Pings((t0) => this.ping(t0));
  private readonly again = new Retry(() => this.open());
  private readonly lifeline = new Lifeline((why) => this.lost(why));
  private socket: WebSocket | undefined;
  private about: RelayedFrame | null = null;

  constructor(
    private readonly url: string,
    private readonly handlers: RelaySocketHandlers,
  ) {
    this.open();
  }

  /** Somebody has heard of the server: there is nothing to wait for. */
  retry(): void {
    this.lifeline.hurry();
    this.again.now();
  }

  close(): void {
    this.again.stop();
    this.drop();
  }

  private open(): void {
    const socket = new WebSocket(this.url);
    socket.binaryType = 'arraybuffer';
    this.socket = socket;
    this.lifeline.connecting();
    socket.onopen = () => {
      if (socket !== this.socket) return;
      this.lifeline.opened();
      this.pings.start();
      this.handlers.opened();
    };
    socket.onmessage = ({ data }) => {
      if (socket === this.socket) this.receive(data, epochNow());
    };
    socket.onclose = ({ code, reason }) => {
      if (socket === this.socket) this.lost(`${code} ${reason}`);
    };
  }

  private lost(why: string): void {
    console.warn('the relay is not there:', why);
    this.drop();
    this.again.later();
  }

  private drop(): void {
    const { socket } = this;
    this.socket = undefined;
    this.about = null;
    this.pings.stop();
    this.lifeline.stop();
    socket?.close();
  }

  private ping(t0: number): void {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    this.socket.send(JSON.stringify({ ping: { t0 } } satisfies DetectRequest));
  }

  private receive(data: unknown, received: number): void {
    this.lifeline.heard();
    if (data instanceof ArrayBuffer) this.frame(data, received);
    else this.told(data, received);
  }

  private told(text: unknown, received: number): void {
    const message = parseRelayMessage(text);
    if (message === null) console.warn('the relay said something unknown', text);
    else if ('frame' in message) this.about = message.frame;
    else if (this.pings.answered(message.pong, received)) this.again.succeeded();
  }

  private frame(message: ArrayBuffer, received: number): void {
    const { about } = this;
    this.about = null;
    const { offset, error } = this.pings.clock.reading ?? { offset: null, error: null };
    // Before the server's clock is known a frame's time cannot be told; the next one is about to come.
    if (offset === null || error === null || about === null) return;
    if (message.byteLength < FRAME_HEADER_BYTES) return;
    const at = new DataView(message).getFloat64(4, true) - offset;
    this.handlers.frame({
      jpeg: message.slice(FRAME_HEADER_BYTES),
      capture: { at, source: about.clock, received },
      clockError: about.clock_error_ms + error,
      bytes: message.byteLength,
    });
  }
}
