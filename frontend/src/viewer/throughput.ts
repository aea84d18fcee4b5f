// How many bytes come a second, since a mark.
type Reading = { at: number; bytes: number };

export class Throughput {
  private first: Reading | null = null;
  private latest: Reading | null = null;

  /** `bytes` in all by the moment `at`, ms. */
  note(at: number, bytes: number): void {
    this.latest = { at, bytes };
    this.first ??= this.latest;
  }

  /** The rate is told from now on. */
  mark(): void {
    this.first = this.latest;
  }

  forget(): void {
    this.first = null;
    this.latest = null;
  }

  /** Kilobits; null until two moments are known. */
  get kbps(): number | null {
    const { first, latest } = this;
    if (!first || !latest || latest.at === first.at) return null;
    return ((latest.bytes - first.bytes) * 8) / (latest.at - first.at);
  }
}
