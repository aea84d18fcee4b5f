// Stands in the viewer's place: starts the worker and passes node's questions on to it.

import type { BrowserSettings } from '../../../frontend/src/detect/messages';
import { ask } from '../../../frontend/src/protocol/api';
import { parseConfig } from '../../../frontend/src/protocol/parse';
import type { BenchPage, PhotoDetections, Reply, Request, SpeedSamples } from '../messages';

declare global {
  interface Window {
    bench?: BenchPage;
    /** Node listens. */
    progress: (text: string) => void;
  }
}

const { model } = await ask('/api/config', parseConfig);
const worker = new Worker(new URL('../worker/worker.ts', import.meta.url), { type: 'module' });

const settings = (threads: number): BrowserSettings => ({
  manifest: model.manifest,
  threshold: model.score_threshold,
  threads,
  softwareAdapter: false,
});

/** One question at a time. */
function answer<T extends SpeedSamples | PhotoDetections>(request: Request): Promise<T> {
  return new Promise((resolve, reject) => {
    worker.onerror = ({ message }) => reject(new Error(`the worker broke: ${message}`));
    worker.onmessage = ({ data }: MessageEvent<Reply>) => {
      if (data.type === 'progress') window.progress(data.text);
      else if (data.type === 'failed') reject(new Error(data.message));
      else resolve(data.value as T);
    };
    worker.postMessage(request);
  });
}

const fromBase64 = (text: string) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));

window.bench = {
  speed: (jpegs, threads, frames) =>
    answer({ type: 'speed', browser: settings(threads), frames, jpegs: jpegs.map(fromBase64) }),
  photo: (jpeg, threads) => answer({ type: 'photo', browser: settings(threads), jpeg: fromBase64(jpeg) }),
};
