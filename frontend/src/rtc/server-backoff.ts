// How pages try to reach our server again and again: how long for an answer, and how long between two tries.
import { Backoff } from '../backoff';

/** A network that swallows everything does not say so. A lost packet is sent again after 1 s, then after 3 s. */
export const PATIENCE_MS = 5000;
const FIRST_WAIT_MS = 250;
/** Somebody is looking at the page. */
const LONGEST_WAIT_MS = 1000;
const LONGEST_HIDDEN_WAIT_MS = 8000;

export class ServerBackoff extends Backoff {
  constructor() {
    super(FIRST_WAIT_MS, LONGEST_HIDDEN_WAIT_MS);
  }

  override wait(): number {
    const longest = document.visibilityState === 'hidden' ? LONGEST_HIDDEN_WAIT_MS : LONGEST_WAIT_MS;
    return Math.min(super.wait(), longest);
  }
}
