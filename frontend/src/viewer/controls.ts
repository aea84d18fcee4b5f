// The switch, the slider, the buttons and the keys.
import { byId } from '../dom';
import type { Fit } from './boxes';
import type { Overlay } from './options';

export type ControlHandlers = {
  overlay: (overlay: Overlay) => void;
  threshold: (threshold: number) => void;
  fit: (fit: Fit) => void;
};

export class Controls {
  private readonly slider = byId<HTMLInputElement>('confidence');
  private readonly sliderValue = byId('confidence-value');
  private readonly choices = [
    ...byId('overlay-mode').querySelectorAll<HTMLInputElement>('input[name="overlay"]'),
  ];
  private readonly fitButton = byId<HTMLButtonElement>('fit');
  private readonly help = byId<HTMLDialogElement>('help');

  constructor(private readonly handlers: ControlHandlers) {
    for (const choice of this.choices) {
      choice.addEventListener('change', () => handlers.overlay(choice.value as Overlay));
    }
    this.slider.addEventListener('input', () => this.setThreshold(this.slider.valueAsNumber));
    this.fitButton.addEventListener('click', () => this.toggleFit());
    byId('fullscreen').addEventListener('click', toggleFullscreen);
    byId('show-help').addEventListener('click', () => this.help.showModal());
    byId('close-help').addEventListener('click', () => this.help.close());
    document.addEventListener('keydown', (event) => this.key(event));
  }

  showOverlay(overlay: Overlay): void {
    for (const choice of this.choices) choice.checked = choice.value === overlay;
  }

  setThreshold(threshold: number): void {
    this.slider.valueAsNumber = threshold;
    this.sliderValue.textContent = this.slider.valueAsNumber.toFixed(2);
    this.handlers.threshold(this.slider.valueAsNumber);
  }

  /** Below the model's own threshold nothing is ever sent. */
  setLowestThreshold(least: number): void {
    this.slider.min = String(least);
    this.setThreshold(this.slider.valueAsNumber);
  }

  private toggleFit(): void {
    const fill = this.fitButton.getAttribute('aria-pressed') !== 'true';
    this.fitButton.setAttribute('aria-pressed', String(fill));
    this.handlers.fit(fill ? 'cover' : 'contain');
  }

  private key(event: KeyboardEvent): void {
    const typing = event.target instanceof HTMLInputElement && event.target.type === 'search';
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const actions: Record<string, () => void> = {
      e: () => this.handlers.overlay('exact'),
      l: () => this.handlers.overlay('live'),
      f: toggleFullscreen,
      c: () => this.toggleFit(),
      '?': () => (this.help.open ? this.help.close() : this.help.showModal()),
    };
    actions[event.key.toLowerCase()]?.();
  }
}

function toggleFullscreen(): void {
  const asked = document.fullscreenElement ? document.exitFullscreen() : byId('stage').requestFullscreen?.();
  asked?.catch((error: unknown) => console.warn('no full screen', error));
}
