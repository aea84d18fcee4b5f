// When the phone sends its pictures through the server. Without a clock of its own: every moment is told, in ms.

/** A direct connection gets this long before the pictures go through the server. */
export const PATIENCE_MS = 5000;
/** A direct connection that stood all the while carried nothing before a pause: perhaps it only had nothing to carry. */
export const STANDING_PATIENCE_MS = 1500;
/** Nobody listened, or the server did not answer: how soon the next picture is tried. */
export const RETRY_MS = 1000;

export type Situation = {
  /** The camera is on. */
  filming: boolean;
  viewerPresent: boolean;
  /** The video goes straight to the viewer. */
  direct: boolean;
};

export class PostingRule {
  private situation: Situation = { filming: false, viewerPresent: false, direct: false };
  private from: number | null = null;
  /** The direct way did not carry the pictures last time: after a pause it is hardly waited for again. */
  private relayed = false;

  /** From this moment on pictures are posted; null: nothing has to be. */
  get due(): number | null {
    return this.from;
  }

  note(situation: Situation, now: number): void {
    // A new direct way deserves trust, one that stood all the time does not.
    if (situation.direct && !this.situation.direct) this.relayed = false;
    this.situation = situation;
    if (!this.possible) this.from = null;
    else if (this.relayed) this.from ??= now + (situation.direct ? STANDING_PATIENCE_MS : 0);
    else if (!situation.direct) this.from ??= now + PATIENCE_MS;
    // What is under way goes on until the viewer, which sees whether video arrives, stops listening.
    else if (this.from !== null && this.from > now) this.from = null;
  }

  /** The viewer gets no picture and listens: it knows first, and it may know better. */
  asked(now: number): void {
    this.relayed = true;
    if (this.possible) this.from = Math.min(this.from ?? now, now);
  }

  /** A picture was posted; `listening`: it reaches a viewer. */
  answered(listening: boolean, now: number): void {
    if (listening) {
      this.relayed = true;
    } else if (this.situation.direct) {
      this.relayed = false;
      this.from = null;
    } else if (this.from !== null) {
      this.from = now + RETRY_MS;
    }
  }

  private get possible(): boolean {
    return this.situation.filming && this.situation.viewerPresent;
  }
}
