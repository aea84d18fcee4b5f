import type { BrowserSettings } from '../../../frontend/src/detect/messages';
import type { Size } from '../../../frontend/src/detect/picture';
import { BrowserDetector } from '../../../frontend/src/detect/worker/browser/browser-detector';
import type { Outcome } from '../../../frontend/src/detect/worker/detector';

/** The pages' own detector, ready. */
export function openDetector(box: Size, browser: BrowserSettings): Promise<BrowserDetector> {
  return new Promise((resolve, reject) => {
    const failed = (message: string) => reject(new Error(`the detector: ${message}`));
    const detector: BrowserDetector = new BrowserDetector('wasm', box, browser, null, {
      changed: () => {
        const { state } = detector;
        if (state.kind === 'ready') resolve(detector);
        else if (state.kind === 'failed') failed(state.message);
      },
      trouble: failed,
    });
  });
}

export function resultOf(outcome: Outcome) {
  if (outcome.kind !== 'result') throw new Error('the detector dropped the only frame');
  return outcome.result;
}
