// The phone's pictures through the server, while its video does not arrive: listened to, decoded, shown, passed on.
import { Backoff } from '../../backoff';
import type { Capture } from '../../detect/messages';
import type { RoomCreated } from '../../protocol/messages';
import { forThisTab, keep, recall } from '../../store';
import { Throughput } from '../throughput';
import { ListeningRule, type Situation } from './listening-rule';
import { NewestDecoder } from './newest-decoder';
import { PictureRate } from './picture-rate';
import { type RelayFrame, RelaySocket } from './relay-socket';

/** `off` until the first picture; `stalled` when pictures came and come no more. */
export type RelayState = 'off' | 'flowing' | 'stalled';

export type RelayHandlers = {
  /** Pictures come this way from now on, or not any more. Told before the first one is passed on. */
  carries: (on: boolean) => void;
  /** Drawn already; the handler's to close. */
  picture: (picture: ImageBitmap, capture: Capture) => void;
  /** Asks the phone for pictures. */
  ask: () => void;
  changed: () => void;
};

/** Without a new picture for this long it is not live; as for video. */
const STALLED_MS = 1500;
/** Asking gets slower: a phone whose screen is locked has its reasons. */
const ASK_AGAIN = { first: 3000, longest: 30_000 };
/** The room in which the direct way did not work, kept over a reload. */
const KEY = 'sightline.relayed';

export class Relay {
  state: RelayState = 'off';
  /** The last picture's time is right within ± this, ms. */
  clockError: number | null = null;
  private room: RoomCreated | null = null;
  private rule = new ListeningRule(false);
  /** The phone has offered its video. */
  private offered = false;
  private socket: RelaySocket | undefined;
  private decoder: NewestDecoder<RelayFrame> | undefined;
  private readonly backoff = new Backoff(ASK_AGAIN.first, ASK_AGAIN.longest);
  private dueTimer: number | undefined;
  private askTimer: number | undefined;
  private stallTimer: number | undefined;
  private bytes = 0;
  private readonly throughput = new Throughput();
  private readonly rate = new PictureRate();
  private readonly context: CanvasRenderingContext2D;

  constructor(
    /** Shows the newest picture, in the video's place. */
    readonly canvas: HTMLCanvasElement,
    private readonly handlers: RelayHandlers,
  ) {
    const context = canvas.getContext('2d', { alpha: false });
    if (!context) throw new Error('this browser has no 2D canvas');
    this.context = context;
  }

  /** Pictures come this way, or did a moment ago. */
  get inUse(): boolean {
    return this.state !== 'off';
  }

  enter(room: RoomCreated | null): void {
    this.stop();
    this.room = room;
    this.rule = new ListeningRule(room !== null && recall(forThisTab, KEY) === room.room);
  }

  note(situation: Situation): void {
    const isNew = situation.offered && !this.offered;
    this.offered = situation.offered;
    this.rule.note(situation, performance.now());
    if (situation.direct && this.room) keep(forThisTab, KEY, null);
    this.apply();
    if (isNew && this.socket) this.beginToAsk();
  }

  /** A phone has come, or come anew: it knows nothing of us. */
  phoneCame(): void {
    if (this.socket && this.rule.urgent) this.ask();
  }

  /** The room's events are back. */
  serverAnswers(): void {
    this.socket?.retry();
  }

  /** The rate is told from now on. */
  mark(): void {
    this.throughput.mark();
  }

  /** What came since the mark, or since pictures came this way. */
  get kbps(): number | null {
    return this.throughput.kbps;
  }

  /** Pictures a second, of late. */
  get fps(): number | null {
    return this.rate.at(performance.now());
  }

  private apply(): void {
    clearTimeout(this.dueTimer);
    const { due } = this.rule;
    const now = performance.now();
    if (due === null) this.stop();
    else if (due > now) this.dueTimer = window.setTimeout(() => this.apply(), due - now);
    else if (!this.socket && this.room) this.listen(this.room);
  }

  private listen({ room, viewer_token }: RoomCreated): void {
    const query = new URLSearchParams({ token: viewer_token });
    const url = new URL(`/api/rooms/${encodeURIComponent(room)}/relay?${query}`, location.origin);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    const decoder = new NewestDecoder<RelayFrame>((picture, frame) => this.show(picture, frame));
    this.decoder = decoder;
    this.socket = new RelaySocket(url.href, {
      opened: () => this.beginToAsk(),
      frame: (frame) => {
        this.bytes += frame.bytes;
        decoder.offer(frame);
      },
    });
  }

  private stop(): void {
    for (const timer of [this.dueTimer, this.askTimer, this.stallTimer]) clearTimeout(timer);
    this.socket?.close();
    this.socket = undefined;
    this.decoder?.stop();
    this.throughput.forget();
    this.rate.forget();
    this.clockError = null;
    if (this.state === 'off') return;
    this.state = 'off';
    this.handlers.carries(false);
    this.handlers.changed();
  }

  private beginToAsk(): void {
    this.backoff.reset();
    if (this.rule.urgent) this.ask();
    else this.askSoon();
  }

  /** A phone whose camera is off has nothing to send, and would remember that it was asked. */
  private ask(): void {
    if (!this.offered) return;
    this.handlers.ask();
    this.askSoon();
  }

  private askSoon(): void {
    clearTimeout(this.askTimer);
    this.askTimer = window.setTimeout(() => {
      if (this.state !== 'flowing') this.ask();
    }, this.backoff.wait());
  }

  private show(picture: ImageBitmap, { capture, clockError }: RelayFrame): void {
    this.draw(picture);
    this.clockError = clockError;
    const now = performance.now();
    this.throughput.note(now, this.bytes);
    this.rate.note(now);
    this.flows();
    this.handlers.picture(picture, capture);
  }

  private draw(picture: ImageBitmap): void {
    const { canvas, context } = this;
    if (canvas.width !== picture.width) canvas.width = picture.width;
    if (canvas.height !== picture.height) canvas.height = picture.height;
    context.drawImage(picture, 0, 0);
  }

  private flows(): void {
    clearTimeout(this.stallTimer);
    this.stallTimer = window.setTimeout(() => this.stalls(), STALLED_MS);
    if (this.state === 'flowing') return;
    const began = this.state === 'off';
    this.state = 'flowing';
    this.rule.relayed();
    if (this.room) keep(forThisTab, KEY, this.room.room);
    if (began) this.handlers.carries(true);
    this.handlers.changed();
  }

  private stalls(): void {
    this.state = 'stalled';
    this.backoff.reset();
    this.ask();
    this.handlers.changed();
  }
}
