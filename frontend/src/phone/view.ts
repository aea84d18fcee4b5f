// The phone page's elements.
import { byId, write } from '../dom';
import type { Action, Message } from './status';

const ACTION_WORDS: Record<Exclude<Action, null>, string> = {
  start: 'Start camera',
  retry_camera: 'Try again',
  retry_server: 'Try now',
  take_over: 'Use this phone instead',
  reload: 'Try this link again',
};

export type ViewHandlers = {
  action: (action: Exclude<Action, null>) => void;
  flip: () => void;
  stop: () => void;
};

export class View {
  private readonly preview = byId<HTMLVideoElement>('preview');
  private readonly status = byId('status');
  private readonly title = byId('title');
  private readonly detail = byId('detail');
  private readonly button = byId<HTMLButtonElement>('start');
  private readonly flip = byId<HTMLButtonElement>('flip');
  private readonly stop = byId<HTMLButtonElement>('stop');
  private action: Action = null;

  constructor(handlers: ViewHandlers) {
    this.button.addEventListener('click', () => {
      if (this.action) handlers.action(this.action);
    });
    this.flip.addEventListener('click', handlers.flip);
    this.stop.addEventListener('click', handlers.stop);
  }

  say({ tone, title, detail, action }: Message): void {
    document.body.dataset.tone = tone;
    this.status.dataset.tone = tone;
    write(this.title, title);
    write(this.detail, detail);
    this.action = action;
    this.button.hidden = action === null;
    if (action) this.button.textContent = ACTION_WORDS[action];
  }

  /** Plain HTTP: where the same page is reached securely (one port speaks both). */
  offerSecureAddress(): void {
    const link = byId<HTMLAnchorElement>('secure-link');
    link.href = location.href.replace(/^http:/, 'https:');
    link.textContent = link.href;
    link.hidden = false;
  }

  showCamera(track: MediaStreamTrack, frontal: boolean, several: boolean): void {
    document.body.dataset.camera = 'on';
    this.preview.srcObject = new MediaStream([track]);
    this.preview.play().catch((error: unknown) => console.warn('no preview', error));
    // People know themselves from the mirror. Only the preview is mirrored, never what is sent.
    this.preview.dataset.mirrored = String(frontal);
    this.stop.hidden = false;
    this.flip.hidden = !several;
  }

  hideCamera(): void {
    document.body.dataset.camera = 'off';
    this.preview.srcObject = null;
    this.stop.hidden = true;
    this.flip.hidden = true;
  }

  flipping(busy: boolean): void {
    this.flip.disabled = busy;
  }
}
