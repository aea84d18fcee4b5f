// The switch, the slider, the buttons and the keys.
import { byId } from '../dom';
import type { Mode } from '../protocol/messages';
import type { Fit } from './boxes';
import type { Overlay } from './options';

export type ControlHandlers = {
  mode: (mode: Mode) => void;
  saver: (on: boolean) => void;
  overlay: (overlay: Overlay) => void;
  threshold: (threshold: number) => void;
  fit: (fit: Fit) => void;
  record: () => void;
  saveFrame: () => void;
  collect: () => void;
  waterfall: () => void;
  doctor: () => void;
};

export class Controls {
  private readonly slider = byId<HTMLInputElement>('confidence');
  private readonly sliderValue = byId('confidence-value');
  private readonly modes = radios('mode');
  private readonly overlays = radios('overlay');
  private readonly saver = byId<HTMLInputElement>('saver');
  private readonly fitButton = byId<HTMLButtonElement>('fit');
  private readonly help = byId<HTMLDialogElement>('help');

  constructor(private readonly handlers: ControlHandlers) {
    for (const choice of this.modes) {
      choice.addEventListener('change', () => handlers.mode(choice.value as Mode));
    }
    for (const choice of this.overlays) {
      choice.addEventListener('change', () => handlers.overlay(choice.value as Overlay));
    }
    this.saver.addEventListener('change', () => handlers.saver(this.saver.checked));
    this.slider.addEventListener('input', () => this.setThreshold(this.slider.valueAsNumber));
    this.fitButton.addEventListener('click', () => this.toggleFit());
    byId('fullscreen').addEventListener('click', toggleFullscreen);
    byId('show-help').addEventListener('click', () => this.help.showModal());
    byId('close-help').addEventListener('click', () => this.help.close());
    document.addEventListener('keydown', (event) => this.key(event));
  }

  showMode(mode: Mode): void {
    for (const choice of this.modes) choice.checked = choice.value === mode;
  }

  showOverlay(overlay: Overlay): void {
    for (const choice of this.overlays) choice.checked = choice.value === overlay;
  }

  showSaver(on: boolean): void {
    this.saver.checked = on;
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
    const { target } = event;
    // A menu goes to what begins with the letter.
    const typing =
      target instanceof HTMLSelectElement || (target instanceof HTMLInputElement && target.type === 'search');
    // A key held down is one press: it must not begin and end recordings many times a second.
    if (typing || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    const actions: Record<string, () => void> = {
      s: () => this.handlers.mode('server'),
      b: () => this.handlers.mode('wasm'),
      a: () => this.handlers.mode('auto'),
      p: () => this.saver.click(),
      e: () => this.handlers.overlay('exact'),
      l: () => this.handlers.overlay('live'),
      r: () => this.handlers.record(),
      i: () => this.handlers.saveFrame(),
      k: () => this.handlers.collect(),
      w: () => this.handlers.waterfall(),
      d: () => this.handlers.doctor(),
      f: toggleFullscreen,
      c: () => this.toggleFit(),
      '?': () => (this.help.open ? this.help.close() : this.help.showModal()),
    };
    actions[event.key.toLowerCase()]?.();
  }
}

const radios = (name: string): HTMLInputElement[] => [
  ...document.querySelectorAll<HTMLInputElement>(`input[type="radio"][name="${name}"]`),
];

function toggleFullscreen(): void {
  const asked = document.fullscreenElement ? document.exitFullscreen() : byId('stage').requestFullscreen?.();
  asked?.catch((error: unknown) => console.warn('no full screen', error));
}
