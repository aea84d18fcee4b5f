// Waiting times between tries to reach our server, for pages.
import { Backoff } from '../backoff';

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
