// The phone page's words and preview.
import { byId, write } from '../dom';
import type { Shot } from './filming';
import type { Action, Message } from './status';

const ACTION_WORDS: Record<Exclude<Action, null>, string> = {
  start: 'Start camera',
  retry_camera: 'Try again',
  retry_server: 'Try now',
  take_over: 'Use this phone instead',
  reload: 'Try this link again',
};

/** A try may fail within a blink: that it was made is to be seen. */
const TRYING_MS = 800;

export class View {
  private readonly preview = byId<HTMLVideoElement>('preview');
  private readonly status = byId('status');
  private readonly title = byId('title');
  private readonly detail = byId('detail');
  private readonly button = byId<HTMLButtonElement>('start');
  private action: Action = null;
  private tryingTimer: number | undefined;

  constructor(act: (action: Exclude<Action, null>) => void) {
    this.button.addEventListener('click', () => {
      const { action } = this;
      if (action === 'retry_server') this.showTrying();
      if (action) act(action);
    });
  }

  say({ tone, title, detail, action }: Message): void {
    document.body.dataset.tone = tone;
    this.status.dataset.tone = tone;
    write(this.title, title);
    write(this.detail, detail);
    this.action = action;
    this.button.hidden = action === null;
    this.nameButton();
  }

  /** Plain HTTP: where the same page is reached securely (one port speaks both). */
  offerSecureAddress(): void {
    const link = byId<HTMLAnchorElement>('secure-link');
    link.href = location.href.replace(/^http:/, 'https:');
    link.textContent = link.href;
    link.hidden = false;
  }

  showCamera({ track, frontal }: Shot): void {
    document.body.dataset.camera = 'on';
    // People know themselves from the mirror. Only the preview is mirrored, never what is sent.
    this.preview.dataset.mirrored = String(frontal);
    const shown = this.preview.srcObject as MediaStream | null;
    if (shown?.getTracks()[0] !== track) this.preview.srcObject = new MediaStream([track]);
    // Even of the same track: iPhones may leave it paused after a lock. Dimmed, it starts when somebody looks again.
    if (!this.preview.autoplay) return;
    this.preview.play().catch((error: unknown) => console.warn('no preview', error));
  }

  hideCamera(): void {
    document.body.dataset.camera = 'off';
    this.preview.srcObject = null;
  }

  private nameButton(): void {
    const { action } = this;
    if (!action) return;
    const tries = action === 'retry_server' && this.tryingTimer !== undefined;
    write(this.button, tries ? 'Trying…' : ACTION_WORDS[action]);
  }

  private showTrying(): void {
    clearTimeout(this.tryingTimer);
    this.tryingTimer = window.setTimeout(() => {
      this.tryingTimer = undefined;
      this.nameButton();
    }, TRYING_MS);
    this.nameButton();
  }
}
