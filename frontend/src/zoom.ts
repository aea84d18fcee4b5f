// The zoom slider, the same on both pages.
import type { ZoomRange } from './rtc/camera-signals';

/** Phones say 1 where they do not magnify; webcams count in percent or in steps of their own from there. */
const LARGEST_FACTOR = 10;

export function zoomWords(value: number, min: number): string {
  return `${(min < LARGEST_FACTOR ? value : value / min).toFixed(1)}×`;
}

export function setZoom(
  slider: HTMLInputElement,
  { min, max, step, value }: ZoomRange & { value: number },
): void {
  slider.min = String(min);
  slider.max = String(max);
  slider.step = step > 0 ? String(step) : 'any';
  slider.value = String(value);
}
