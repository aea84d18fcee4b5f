// The camera's buttons on the phone itself. What a camera does not offer is not shown.
import { byId, write } from '../dom';
import type { Adjust, CameraReport, Control, Quality } from '../rtc/camera-signals';
import { setZoom, zoomWords } from '../zoom';

const REFUSED: Record<Control, string> = {
  flip: 'The other camera did not open: this one goes on.',
  torch: 'The torch did not switch.',
  zoom: 'The camera did not zoom.',
  quality: 'The camera does not give such a picture.',
};

const NOTE_MS = 6000;
/** A slider under a finger does not follow the camera, which is always a little behind it. */
const HELD_MS = 600;

export class Controls {
  private readonly flip = byId<HTMLButtonElement>('flip');
  private readonly torch = byId<HTMLButtonElement>('torch');
  private readonly zoomField = byId('zoom-field');
  private readonly zoom = byId<HTMLInputElement>('zoom');
  private readonly zoomValue = byId('zoom-value');
  private readonly quality = byId('quality');
  private readonly note = byId('note');
  private noteTimer: number | undefined;
  private movedAt = Number.NEGATIVE_INFINITY;

  constructor(adjust: (wish: Adjust) => void, stop: () => void) {
    this.flip.addEventListener('click', () => {
      this.flip.disabled = true;
      adjust({ flip: true });
    });
    this.torch.addEventListener('click', () => {
      adjust({ torch: this.torch.getAttribute('aria-pressed') !== 'true' });
    });
    this.zoom.addEventListener('input', () => {
      this.movedAt = performance.now();
      write(this.zoomValue, zoomWords(this.zoom.valueAsNumber, Number(this.zoom.min)));
      adjust({ zoom: this.zoom.valueAsNumber });
    });
    this.quality.addEventListener('change', ({ target }) => {
      adjust({ quality: (target as HTMLInputElement).value as Quality });
    });
    byId('stop').addEventListener('click', stop);
  }

  show(report: CameraReport): void {
    const { flip, torch, quality, refused } = report;
    this.flip.hidden = !flip;
    this.flip.disabled = false;
    this.torch.hidden = torch === null;
    this.torch.setAttribute('aria-pressed', String(torch === true));
    for (const choice of this.quality.querySelectorAll('input')) choice.checked = choice.value === quality;
    this.showZoom(report);
    if (refused) this.say(REFUSED[refused]);
  }

  private showZoom({ zoom, refused }: CameraReport): void {
    this.zoomField.hidden = zoom === null;
    const held = performance.now() - this.movedAt < HELD_MS;
    if (!zoom || (held && refused !== 'zoom')) return;
    setZoom(this.zoom, zoom);
    write(this.zoomValue, zoomWords(zoom.value, zoom.min));
  }

  private say(words: string): void {
    write(this.note, words);
    clearTimeout(this.noteTimer);
    this.noteTimer = window.setTimeout(() => write(this.note, ''), NOTE_MS);
  }
}
