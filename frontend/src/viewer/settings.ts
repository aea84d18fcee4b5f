// What this person chose last time.
import { fromJson, isNumber, isObject } from '../protocol/parse';
import { forGood, keep, recall } from '../store';
import type { Overlay } from './options';

export type Settings = { overlay: Overlay; threshold: number; hidden: string[]; saver: boolean };

const KEY = 'sightline.settings';

export function readSettings(text: string | null): Settings {
  const value = fromJson(text);
  const kept = isObject(value) ? value : {};
  return {
    overlay: kept.overlay === 'live' ? 'live' : 'exact',
    threshold: isNumber(kept.threshold) && kept.threshold >= 0 && kept.threshold <= 1 ? kept.threshold : 0.5,
    hidden: Array.isArray(kept.hidden) ? kept.hidden.filter((label) => typeof label === 'string') : [],
    saver: kept.saver === true,
  };
}

export const loadSettings = (): Settings => readSettings(recall(forGood, KEY));

export function keepSettings(settings: Settings): void {
  keep(forGood, KEY, JSON.stringify(settings));
}
