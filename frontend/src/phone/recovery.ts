// When to ask for a lost camera again: at once when something hints that it is free, else after growing waits.
// Only while the page is visible: systems lend the camera to nobody else.
import { Backoff } from '../backoff';

/** After this many tries another app is likely to keep it. */
const MANY_TRIES = 5;

export class Recovery {
  private kind: 'off' | 'trying' | 'waiting' = 'off';
  private tries = 0;
  private timer: number | undefined;
  private readonly backoff = new Backoff(300, 1000);

  constructor(private readonly attempt: () => void) {
    document.addEventListener('visibilitychange', () => this.wake());
    window.addEventListener('focus', () => this.hint());
    navigator.mediaDevices?.addEventListener('devicechange', () => this.hint());
  }

  /** `stuck`: something has the camera, that is known already. */
  begin({ stuck }: { stuck: boolean }): void {
    this.kind = 'trying';
    this.tries = stuck ? MANY_TRIES : 0;
    this.backoff.reset();
    this.after(0);
  }

  /** The last try was in vain, but not for want of a person's word. */
  retry(): void {
    if (this.kind === 'off') return;
    if (this.kind === 'waiting') this.begin({ stuck: false });
    this.tries += 1;
    this.after(this.backoff.wait());
  }

  /** The browser wants to be asked by a person: trying on would only show its question again and again. */
  leaveToPeople(): void {
    this.kind = 'waiting';
    clearTimeout(this.timer);
  }

  end(): void {
    this.kind = 'off';
    clearTimeout(this.timer);
  }

  get stuck(): boolean {
    return this.tries >= MANY_TRIES;
  }

  /** The camera may be free now. */
  hint(): void {
    if (this.kind !== 'trying') return;
    this.backoff.reset();
    this.after(0);
  }

  /** People come back from where they may have given the camera back, or allowed it. */
  wake(): void {
    if (this.kind === 'off') return;
    this.backoff.reset();
    this.after(0);
  }

  private after(ms: number): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => {
      if (document.visibilityState === 'visible') this.attempt();
    }, ms);
  }
}
