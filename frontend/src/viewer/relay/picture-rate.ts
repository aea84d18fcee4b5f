// How many pictures came a second, of late.
const WINDOW_MS = 3000;

export class PictureRate {
  private since: number | null = null;
  private times: number[] = [];

  note(now: number): void {
    this.since ??= now;
    this.times = [...this.within(now), now];
  }

  forget(): void {
    this.since = null;
    this.times = [];
  }

  /** Null while they have come for too short a time to tell. */
  at(now: number): number | null {
    if (this.since === null || now - this.since < WINDOW_MS) return null;
    return (this.within(now).length * 1000) / WINDOW_MS;
  }

  private within(now: number): number[] {
    return this.times.filter((time) => now - time < WINDOW_MS);
  }
}
