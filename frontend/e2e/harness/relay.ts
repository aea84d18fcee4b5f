// Stands between the viewer and the server, writes down what passes, and can slow it down.
import {
  createServer,
  type Server as HttpServer,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { Transform } from 'node:stream';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
import { Faults, spoil, unconditional } from './faults';

export type SentFrame = { id: number; captureTs: number; jpeg: Buffer; at: number };
export type Answer = { id: number; kind: 'result' | 'dropped' | 'error'; at: number };
/** What was answered over HTTP, with the bytes of its body so far. */
export type Fetched = { path: string; status: number; bytes: number };

/** Files whose second half waits. */
type Gate = { files: RegExp; opened: Promise<void> };

export class Relay {
  readonly frames = new Map<number, SentFrame>();
  readonly answers: Answer[] = [];
  /** Frames without an answer, most at any time. */
  mostInFlight = 0;
  /** Whatever was not as the contract says. */
  readonly oddities: string[] = [];
  readonly fetched: Fetched[] = [];
  /** What is done to files on their way to the page. */
  readonly faults = new Faults();
  /** Detection sockets open at once, most at any time. */
  mostSockets = 0;
  /** Detection sockets are refused. */
  refusing = false;
  /** Ms that every answer on a detection socket comes later. */
  delay = 0;
  private gate: Gate | null = null;
  private readonly inFlight = new Set<number>();
  private held: (() => void)[] | null = null;
  private readonly http: HttpServer;
  private readonly detecting = new Set<WebSocket>();
  private readonly sockets = new WebSocketServer({ noServer: true });

  private constructor(private readonly target: number) {
    this.http = createServer((from, to) => this.forward(from, to));
    this.http.on('upgrade', (from, socket, head) => {
      if (this.refusing) return socket.end('HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\n\r\n');
      this.sockets.handleUpgrade(from, socket, head, (client) => this.join(client, from.url ?? ''));
    });
  }

  static async start(targetPort: number): Promise<Relay> {
    const relay = new Relay(targetPort);
    await new Promise<void>((resolve) => relay.http.listen(0, '127.0.0.1', resolve));
    return relay;
  }

  get url(): string {
    return `http://localhost:${(this.http.address() as AddressInfo).port}/`;
  }

  get openSockets(): number {
    return this.detecting.size;
  }

  /** Of these files only the first half comes, until the returned function is called. */
  holdHalf(files: RegExp): () => void {
    let open = () => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    this.gate = { files, opened };
    return open;
  }

  /** Keeps answers back, as a server that has stalled. */
  hold(): void {
    this.held ??= [];
  }

  release(): void {
    for (const pass of this.held?.splice(0) ?? []) pass();
    this.held = null;
  }

  stop(): void {
    for (const client of this.sockets.clients) client.terminate();
    this.http.closeAllConnections();
    this.http.close();
  }

  private forward(from: IncomingMessage, to: ServerResponse): void {
    const path = from.url ?? '';
    const fault = this.faults.of(path);
    // With the Host that the browser wrote: its Origin is the same, and the server compares the two.
    const headers = fault ? unconditional(from.headers) : from.headers;
    const options = { host: '127.0.0.1', port: this.target, method: from.method, path, headers };
    const onward = request(options, (answer) => {
      answer.on('error', () => to.destroy());
      if (fault) return void spoil(fault, answer, to);
      to.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(this.noteBody(path, answer)).pipe(to);
    });
    onward.on('error', () => to.destroy());
    to.on('close', () => onward.destroy());
    from.pipe(onward);
  }

  private noteBody(path: string, answer: IncomingMessage): Transform {
    const fetched: Fetched = { path, status: answer.statusCode ?? 502, bytes: 0 };
    this.fetched.push(fetched);
    const gate = this.gate?.files.test(path) ? this.gate : null;
    const half = Number(answer.headers['content-length']) / 2;
    return new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        fetched.bytes += chunk.length;
        const late = gate && fetched.bytes > half ? gate.opened : null;
        if (late) void late.then(() => done(null, chunk));
        else done(null, chunk);
      },
    });
  }

  private join(client: WebSocket, path: string): void {
    if (path.startsWith('/api/detect')) {
      this.detecting.add(client);
      client.on('close', () => this.detecting.delete(client));
    }
    this.mostSockets = Math.max(this.mostSockets, this.openSockets);
    const server = new WebSocket(`ws://localhost:${this.target}${path}`, { perMessageDeflate: false });
    const early: [RawData, boolean][] = [];
    server.on('open', () => {
      for (const [data, binary] of early.splice(0)) server.send(data, { binary });
    });
    client.on('message', (data, binary) => {
      if (binary && this.detecting.has(client)) this.noteFrame(data as Buffer);
      if (server.readyState === WebSocket.OPEN) server.send(data, { binary });
      else early.push([data, binary]);
    });
    server.on('message', (data, binary) => {
      const send = () => client.send(data, { binary });
      if (this.detecting.has(client)) this.passOn(String(data), send);
      else send();
    });
    client.on('close', () => server.close());
    server.on('close', () => client.close());
    server.on('error', () => client.terminate());
  }

  private passOn(text: string, send: () => void): void {
    const isPong = text.startsWith('{"pong"');
    const pass = () => {
      if (!isPong) this.noteAnswer(text);
      send();
    };
    if (this.held && !isPong) this.held.push(pass);
    else if (this.delay > 0 && !isPong) setTimeout(pass, this.delay);
    else pass();
  }

  private noteFrame(message: Buffer): void {
    const id = message.readUInt32LE(0);
    if (this.frames.has(id)) this.oddities.push(`frame ${id} was sent twice`);
    this.frames.set(id, {
      id,
      captureTs: message.readDoubleLE(4),
      jpeg: message.subarray(12),
      at: Date.now(),
    });
    this.inFlight.add(id);
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight.size);
  }

  private noteAnswer(text: string): void {
    const answer = JSON.parse(text);
    const kind = answer.dropped ? 'dropped' : answer.error ? 'error' : 'result';
    const id = (answer.dropped ?? answer.error ?? answer).frame_id;
    if (!this.inFlight.delete(id)) this.oddities.push(`an answer to frame ${id}, which was not out`);
    this.answers.push({ id, kind, at: Date.now() });
  }
}

/** Width and height from a JPEG's own header. */
export function jpegSize(jpeg: Buffer): { width: number; height: number } {
  for (let at = 2; at < jpeg.length; at += 2 + jpeg.readUInt16BE(at + 2)) {
    const marker = jpeg.readUInt16BE(at);
    // A frame header; the other numbers of this row are tables (C4), an extension (C8) and conditioning (CC).
    const isFrame = marker >= 0xffc0 && marker <= 0xffcf && ![0xffc4, 0xffc8, 0xffcc].includes(marker);
    if (isFrame) return { height: jpeg.readUInt16BE(at + 5), width: jpeg.readUInt16BE(at + 7) };
  }
  throw new Error('not a JPEG');
}
