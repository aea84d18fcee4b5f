// The phone's camera, set from the viewer: what the phone offers, and how it says that it is set.
import { byId, write } from '../dom';
import { Newest } from '../newest';
import type { Detection } from '../protocol/messages';
import type { Adjust, CameraReport, Control, Quality } from '../rtc/camera-signals';
import type { Signal } from '../rtc/negotiation';
import { setZoom, zoomWords } from '../zoom';
import { SeenEcho } from './seen-echo';

/** Of one control, between two wishes: a slider would send a hundred a second. */
const ADJUST_EVERY_MS = 200;
/** A slider in the hand does not follow the phone, which is always a little behind it. */
const HELD_MS = 700;
/** Opening a camera takes phones a while. */
const ANSWER_MS = 8000;
/** A refusal is read by then, as on the phone. */
const NOTE_MS = 6000;

const REFUSED: Record<Control, string> = {
  flip: 'The phone’s other camera did not open: the first one goes on.',
  torch: 'The phone did not switch its torch.',
  zoom: 'The phone’s camera did not zoom.',
  quality: 'The phone’s camera does not give such a picture.',
};

const FILMING: Record<CameraReport['filming'], string> = {
  yes: '',
  regaining:
    'The phone’s camera was taken away (a call, another app, the lock screen). The phone asks for it again.',
  needs_touch: 'The phone’s camera was taken away, and the phone needs you: look at its screen.',
};

export class PhonePanel {
  private readonly panel = byId('phone-panel');
  private readonly flip = byId<HTMLButtonElement>('phone-flip');
  private readonly torch = byId<HTMLButtonElement>('phone-torch');
  private readonly zoomField = byId('phone-zoom-field');
  private readonly zoom = byId<HTMLInputElement>('phone-zoom');
  private readonly zoomValue = byId('phone-zoom-value');
  private readonly quality = byId('phone-quality');
  private readonly words = byId('phone-note');
  private readonly outboxes = new Map<string, Newest<Adjust>>();
  private readonly echo: SeenEcho;
  private report: CameraReport | null = null;
  private live = false;
  private movedAt = Number.NEGATIVE_INFINITY;
  private answerTimer: number | undefined;
  private heldTimer: number | undefined;
  private noteTimer: number | undefined;

  constructor(private readonly post: (signal: Signal) => Promise<void> | undefined) {
    this.echo = new SeenEcho(async (seen) => this.post({ seen }));
    this.flip.addEventListener('click', () => this.adjust({ flip: true }));
    this.torch.addEventListener('click', () => this.adjust({ torch: !this.report?.torch }));
    this.zoom.addEventListener('input', () => {
      this.movedAt = performance.now();
      write(this.zoomValue, zoomWords(this.zoom.valueAsNumber, Number(this.zoom.min)));
      this.adjust({ zoom: this.zoom.valueAsNumber });
    });
    this.quality.addEventListener('change', ({ target }) => {
      this.adjust({ quality: (target as HTMLInputElement).value as Quality });
    });
  }

  receive(signal: Signal): void {
    if (!('camera' in signal)) return;
    clearTimeout(this.answerTimer);
    this.report = signal.camera;
    clearTimeout(this.noteTimer);
    if (this.report.refused) this.noteTimer = window.setTimeout(() => this.forgetRefusal(), NOTE_MS);
    // It may have been loaded anew and know nothing of what it was told before.
    this.echo.repeat();
    this.show();
  }

  /** Is there a phone whose picture is on the screen, and a way to tell it something? */
  setLive(live: boolean): void {
    this.live = live;
    if (!live) this.echo.stop();
    this.show();
  }

  noteShown(detections: readonly Detection[]): void {
    if (this.live && this.report) this.echo.note(detections);
  }

  /** Another phone, perhaps, of which nothing is known. One that has controls says so soon after it has come. */
  forget(): void {
    this.report = null;
    clearTimeout(this.answerTimer);
    this.echo.stop();
    this.show();
  }

  private forgetRefusal(): void {
    if (!this.report) return;
    this.report = { ...this.report, refused: null };
    // The words alone: a control may just have been moved, and waits for its answer.
    this.showWords(this.report);
  }

  private adjust(wish: Adjust): void {
    const control = Object.keys(wish)[0] as string;
    const send = async (newest: Adjust) => this.post({ adjust: newest });
    const outbox = this.outboxes.get(control) ?? new Newest(send, ADJUST_EVERY_MS);
    this.outboxes.set(control, outbox);
    outbox.push(wish);
    clearTimeout(this.answerTimer);
    this.answerTimer = window.setTimeout(() => this.unanswered(), ANSWER_MS);
  }

  /** Back to what is known to be true. */
  private unanswered(): void {
    this.show();
    write(this.words, 'The phone did not answer.');
  }

  private show(): void {
    const { report } = this;
    this.panel.hidden = !this.live || !report;
    if (!report) return;
    this.flip.hidden = !report.flip;
    this.torch.hidden = report.torch === null;
    this.torch.setAttribute('aria-pressed', String(report.torch === true));
    for (const choice of this.quality.querySelectorAll('input')) {
      choice.checked = choice.value === report.quality;
    }
    this.showZoom(report);
    this.showWords(report);
  }

  private showWords({ filming, refused }: CameraReport): void {
    write(this.words, FILMING[filming] || (refused ? REFUSED[refused] : ''));
  }

  private showZoom({ zoom, refused }: CameraReport): void {
    this.zoomField.hidden = zoom === null;
    if (!zoom) return;
    clearTimeout(this.heldTimer);
    const held = refused === 'zoom' ? 0 : this.movedAt + HELD_MS - performance.now();
    if (held > 0) {
      this.heldTimer = window.setTimeout(() => this.report && this.showZoom(this.report), held);
      return;
    }
    setZoom(this.zoom, zoom);
    write(this.zoomValue, zoomWords(zoom.value, zoom.min));
  }
}
