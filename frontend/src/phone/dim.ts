// A black screen for hours on a stand: filming goes on, and so does the wake lock. A tap lights it up again.
import { byId } from '../dom';

/** Under the cover lies the page: nobody is to get there by Tab or a screen reader. */
const COVERED = 'main, nav';

export class Dim {
  private readonly cover = byId<HTMLButtonElement>('dimmed');
  private readonly button = byId<HTMLButtonElement>('dim');
  private readonly preview = byId<HTMLVideoElement>('preview');
  private needed = false;

  constructor() {
    this.button.addEventListener('click', () => this.dim());
    this.cover.addEventListener('click', () => this.wake());
    document.addEventListener('fullscreenchange', () => {
      // Left by the system's own gesture: somebody is there.
      if (!document.fullscreenElement) this.wake();
    });
  }

  wake(): void {
    if (this.cover.hidden) return;
    this.setCovered(false);
    // The button that was pressed last.
    this.button.focus();
    if (document.fullscreenElement) document.exitFullscreen().catch(() => {});
    this.apply();
  }

  /** Pictures are taken from the preview: it plays on, even where nobody sees it. */
  needPreview(needed: boolean): void {
    if (needed === this.needed) return;
    this.needed = needed;
    this.apply();
  }

  private dim(): void {
    this.setCovered(true);
    this.cover.focus();
    this.apply();
    // Hides the browser's bright bars, too; iPhones have no such thing for pages.
    void this.fillScreen();
  }

  private setCovered(covered: boolean): void {
    this.cover.hidden = !covered;
    for (const part of document.querySelectorAll<HTMLElement>(COVERED)) part.inert = covered;
  }

  /** Drawing a picture that nobody sees costs as much as drawing any other. The track itself films on. */
  private apply(): void {
    const plays = this.cover.hidden !== false || this.needed;
    this.preview.autoplay = plays;
    if (!plays) this.preview.pause();
    else if (this.preview.srcObject) {
      this.preview.play().catch((error: unknown) => console.warn('no preview', error));
    }
  }

  private async fillScreen(): Promise<void> {
    try {
      await document.documentElement.requestFullscreen?.({ navigationUI: 'hide' });
      // Woken again before it came to that.
      if (this.cover.hidden) await document.exitFullscreen();
    } catch {
      // The page alone is black, then.
    }
  }
}
