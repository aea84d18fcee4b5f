// Sends the camera's pictures through the server while they do not get to the viewer by themselves.
import { Poster } from './poster';
import { PostingRule, type Situation } from './posting-rule';

export type RelayHandlers = {
  /** Pictures reach the viewer this way, or not any more. */
  relaying: (relaying: boolean) => void;
  /** Pictures are taken from the preview now, or not any more. */
  taking: (taking: boolean) => void;
};

export class PhoneRelay {
  private readonly rule = new PostingRule();
  private room: { address: string; token: string } | undefined;
  private sitting = () => '';
  private poster: Poster | undefined;
  private timer: number | undefined;
  private relaying = false;

  constructor(
    /** Shows what the camera sees. */
    private readonly video: HTMLVideoElement,
    private readonly handlers: RelayHandlers,
  ) {}

  /** `sitting`: as the server names our stay in the seat now. */
  enter(room: string, token: string, sitting: () => string): void {
    this.sitting = sitting;
    this.poster?.stop();
    this.poster = undefined;
    this.room = { address: `/api/rooms/${encodeURIComponent(room)}/relay`, token };
  }

  note(situation: Situation): void {
    this.rule.note(situation, performance.now());
    this.apply();
  }

  /** The viewer gets no picture. */
  asked(): void {
    this.rule.asked(performance.now());
    this.apply();
  }

  private apply(): void {
    clearTimeout(this.timer);
    const { due } = this.rule;
    const now = performance.now();
    if (due === null) this.stop();
    else if (due > now) this.timer = window.setTimeout(() => this.apply(), due - now);
    else this.start();
  }

  private start(): void {
    if (!this.room || this.poster) return;
    this.handlers.taking(true);
    this.poster = new Poster(this.video, this.room, {
      sitting: () => this.sitting(),
      wanted: () => this.rule.due !== null && this.rule.due <= performance.now(),
      answered: (listening) => this.answered(listening),
      failed: (message) => {
        console.warn('a picture was not relayed:', message);
        this.answered(false);
      },
      broken: (message) => {
        console.warn('the relay worker stopped:', message);
        this.poster?.stop();
        this.poster = undefined;
        this.answered(false);
      },
    });
  }

  private stop(): void {
    this.poster?.stop();
    this.poster = undefined;
    this.handlers.taking(false);
    this.tell(false);
  }

  private answered(listening: boolean): void {
    this.rule.answered(listening, performance.now());
    this.tell(listening);
    this.apply();
  }

  private tell(relaying: boolean): void {
    if (relaying === this.relaying) return;
    this.relaying = relaying;
    this.handlers.relaying(relaying);
  }
}
