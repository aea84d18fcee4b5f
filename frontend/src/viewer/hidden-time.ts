// How long this tab was hidden: detection goes on then, and nobody sees its boxes. Times are of `epochNow`.
export class HiddenTime {
  /** When the tab came into sight last. */
  visibleSince = Number.NEGATIVE_INFINITY;
  private past = 0;
  private hiddenSince: number | null = null;

  note(hidden: boolean, now: number): void {
    if (hidden === this.on) return;
    this.past = this.until(now);
    this.hiddenSince = hidden ? now : null;
    if (!hidden) this.visibleSince = now;
  }

  get on(): boolean {
    return this.hiddenSince !== null;
  }

  /** Ms in all. */
  until(now: number): number {
    return this.past + (this.hiddenSince === null ? 0 : now - this.hiddenSince);
  }
}
