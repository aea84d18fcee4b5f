// When the panel opens by itself: once for each trouble that lasts. Whoever closes it has seen it.

const LASTING_MS = 5000;

export class Opening {
  private since: number | null = null;
  private opened = false;

  /** `trouble`: something is wrong and no picture comes. */
  due(trouble: boolean, now: number): boolean {
    if (!trouble) {
      this.since = null;
      this.opened = false;
      return false;
    }
    this.since ??= now;
    if (this.opened || now - this.since < LASTING_MS) return false;
    this.opened = true;
    return true;
  }
}
