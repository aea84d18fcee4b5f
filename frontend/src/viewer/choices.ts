// What a person chooses on this page: put into effect at once, and kept for the next time.
import type { ClientConfig, Detection, Mode } from '../protocol/messages';
import { type ControlHandlers, Controls } from './controls';
import { Filter } from './filter';
import { Labels } from './labels';
import type { Options, Overlay } from './options';
import { keepSettings, loadSettings } from './settings';

export type Effects = {
  overlay: (overlay: Overlay) => void;
  /** Other boxes are shown from now on. */
  filtered: () => void;
};

/** What the controls set going in other parts. */
type Actions = Omit<ControlHandlers, 'overlay' | 'threshold'>;

export class Choices {
  readonly filter = new Filter();
  overlay: Overlay = 'exact';
  private readonly settings = loadSettings();
  private readonly labels = new Labels(this.filter, () => this.filterChanged());

  constructor(private readonly effects: Effects) {
    for (const label of this.settings.hidden) this.filter.hidden.add(label);
  }

  get saver(): boolean {
    return this.settings.saver;
  }

  /** The controls, as they were left last time. */
  offer(mode: Mode, options: Options, { model, labels }: ClientConfig, actions: Actions): void {
    const { settings } = this;
    const setOverlay = (overlay: Overlay) => {
      this.overlay = overlay;
      this.effects.overlay(overlay);
      controls.showOverlay(overlay);
    };
    const controls = new Controls({
      ...actions,
      mode: (chosen) => {
        actions.mode(chosen);
        controls.showMode(chosen);
      },
      saver: (on) => {
        settings.saver = on;
        actions.saver(on);
        this.keep();
      },
      overlay: (overlay) => {
        // Kept only when chosen here: what the address asks for is for this once.
        settings.overlay = overlay;
        setOverlay(overlay);
        this.keep();
      },
      threshold: (threshold) => {
        this.filter.threshold = threshold;
        this.filterChanged();
      },
    });
    controls.setThreshold(settings.threshold);
    controls.setLowestThreshold(model.score_threshold);
    setOverlay(options.overlay ?? settings.overlay);
    controls.showMode(mode);
    controls.showSaver(settings.saver);
    this.labels.offer(labels);
  }

  noteSeen(detections: readonly Detection[]): void {
    this.labels.noteSeen(detections.map(({ label }) => label));
  }

  private filterChanged(): void {
    this.effects.filtered();
    this.keep();
  }

  private keep(): void {
    const { threshold, hidden } = this.filter;
    keepSettings({ ...this.settings, threshold, hidden: [...hidden] });
  }
}
