// The client's credit on the detection socket: at most `limit` frames without an answer.

type Entry<T> = { value: T; since: number };

export class Credits<T> {
  private readonly out = new Map<number, Entry<T>>();

  constructor(private readonly limit: number) {}

  get free(): boolean {
    return this.out.size < this.limit;
  }

  /** Spends one credit on a frame. Ask `free` first. */
  spend(frameId: number, value: T, now: number): void {
    if (!this.free) throw new Error('no credit left');
    this.out.set(frameId, { value, since: now });
  }

  /** An answer came: the credit is back. Undefined when no such frame is out. */
  settle(frameId: number): T | undefined {
    const entry = this.out.get(frameId);
    this.out.delete(frameId);
    return entry?.value;
  }

  /** Takes everything back, oldest first: the socket is gone and with it the answers. */
  drain(): T[] {
    const values = Array.from(this.out.values(), (entry) => entry.value);
    this.out.clear();
    return values;
  }

  /** Has some frame waited for its answer longer than `patience`? */
  overdue(now: number, patience: number): boolean {
    for (const { since } of this.out.values()) if (now - since > patience) return true;
    return false;
  }
}
