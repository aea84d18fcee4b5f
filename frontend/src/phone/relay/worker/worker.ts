// The relay worker: encodes and posts pictures, away from the page that shows them.
import { words } from '../../../errors';
import type { FromPoster, ToPoster } from '../messages';
import { Posts } from './posts';

declare const self: DedicatedWorkerGlobalScope;

let posts: Posts | undefined;
let isReady = false;

const tell = (message: FromPoster) => self.postMessage(message);

function begin(room: { address: string; token: string }): Posts {
  return new Posts(room, () => {
    if (isReady) return;
    isReady = true;
    tell({ type: 'ready' });
  });
}

self.onmessage = async ({ data }: MessageEvent<ToPoster>) => {
  if (data.type === 'start') {
    posts ??= begin(data);
    return;
  }
  if (!posts) throw new Error(`"${data.type}" before "start"`);
  try {
    tell({ type: 'answer', listening: await posts.post(data) });
  } catch (error) {
    tell({ type: 'failed', message: words(error) });
  }
};
