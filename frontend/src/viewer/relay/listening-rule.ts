// When the viewer listens to the relay. Without a clock of its own: every moment is told, in ms.

/** A phone that has come gets this long to show a picture: two seconds less than it gives the direct way itself. */
export const PATIENCE_MS = 3000;
/** Video that has stalled gets this long to come back. */
export const STALL_PATIENCE_MS = 1000;

export type Situation = {
  phonePresent: boolean;
  /** Its camera is on: it has offered its video. */
  offered: boolean;
  /** Video arrives straight from the phone. */
  direct: boolean;
};

export class ListeningRule {
  private from: number | null = null;
  private hadVideo = false;

  /** `relayedBefore`: in this room the direct way did not work last time. */
  constructor(private relayedBefore: boolean) {}

  /** From this moment on the relay is listened to; null: it does not have to be. */
  get due(): number | null {
    return this.from;
  }

  /** The phone need not find out by itself that the direct way does not work. */
  get urgent(): boolean {
    return this.hadVideo || this.relayedBefore;
  }

  note({ phonePresent, offered, direct }: Situation, now: number): void {
    if (direct) {
      this.hadVideo = true;
      this.relayedBefore = false;
    }
    if (!phonePresent || !offered) this.hadVideo = false;
    if (!phonePresent || direct) this.from = null;
    else this.from ??= now + this.patience;
  }

  /** A picture came through the server. */
  relayed(): void {
    this.relayedBefore = true;
  }

  private get patience(): number {
    if (this.relayedBefore) return 0;
    return this.hadVideo ? STALL_PATIENCE_MS : PATIENCE_MS;
  }
}
