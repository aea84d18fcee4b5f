// Statistics over bounded memory.

export type Summary = { median: number; p95: number };

/** The value below which the share `p` of the values lies, interpolated between neighbours. */
export function percentile(sorted: readonly number[], p: number): number {
  const rank = (sorted.length - 1) * p;
  const low = Math.floor(rank);
  const a = sorted[low];
  const b = sorted[Math.ceil(rank)];
  if (a === undefined || b === undefined) throw new RangeError('percentile of nothing');
  return a + (b - a) * (rank - low);
}

/** Null when nothing was measured. */
export function summarise(values: Iterable<number>): Summary | null {
  const sorted = Float64Array.from(values).sort();
  if (sorted.length === 0) return null;
  const list = Array.from(sorted);
  return { median: percentile(list, 0.5), p95: percentile(list, 0.95) };
}

/** The last `capacity` values. */
export class Recent {
  private readonly ring: Float64Array;
  private written = 0;

  constructor(capacity: number) {
    this.ring = new Float64Array(capacity);
  }

  add(value: number): void {
    this.ring[this.written % this.ring.length] = value;
    this.written += 1;
  }

  values(): Float64Array {
    return this.ring.subarray(0, Math.min(this.written, this.ring.length));
  }

  summary(): Summary | null {
    return summarise(this.values());
  }
}

/** The values of the last `span` ms, at most `capacity` of them. */
export class Sliding {
  private entries: { at: number; value: number }[] = [];

  constructor(
    private readonly span: number,
    private readonly capacity = 1000,
  ) {}

  add(at: number, value: number): void {
    this.entries.push({ at, value });
    if (this.entries.length > this.capacity) this.entries.shift();
  }

  values(now: number): number[] {
    this.entries = this.entries.filter((entry) => now - entry.at <= this.span);
    return this.entries.map((entry) => entry.value);
  }

  summary(now: number): Summary | null {
    return summarise(this.values(now));
  }

  /** Entries per second between the oldest one in the window and now. */
  rate(now: number): number | null {
    this.values(now);
    const oldest = this.entries[0];
    if (!oldest || this.entries.length < 2 || now <= oldest.at) return null;
    return ((this.entries.length - 1) * 1000) / (now - oldest.at);
  }
}
