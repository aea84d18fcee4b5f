// For tests: a server that answers pings, and says what it is told to.

export class FakeSocket {
  static readonly OPEN = 1;
  static all: FakeSocket[] = [];
  readyState = 0;
  /** The network is cut: nothing is said, and nobody is told. */
  cut = false;
  onopen?: () => void;
  onmessage?: (event: { data: unknown }) => void;
  onclose?: (event: { code: number; reason: string }) => void;

  constructor() {
    FakeSocket.all.push(this);
  }

  send(text: string): void {
    const { t0 } = JSON.parse(text).ping;
    if (!this.cut) this.say({ pong: { t0, t1: t0, t2: t0 } });
  }

  close(): void {
    this.readyState = 3;
  }

  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  say(message: unknown): void {
    this.onmessage?.({ data: message instanceof ArrayBuffer ? message : JSON.stringify(message) });
  }
}
