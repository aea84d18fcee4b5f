// Waiting times between tries: doubling from `first` to `longest`, back to `first` after a success.
export class Backoff {
  private next: number;

  constructor(
    private readonly first: number,
    private readonly longest: number,
  ) {
    this.next = first;
  }

  /** How long to wait now; the next wait will be longer. */
  wait(): number {
    const now = this.next;
    this.next = Math.min(this.next * 2, this.longest);
    return now;
  }

  reset(): void {
    this.next = this.first;
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
