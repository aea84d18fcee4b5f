// The bench's worker, in the vision worker's place and with its modules.
import { words } from '../../../frontend/src/errors';
import type { PhotoDetections, Reply, Request, SpeedSamples } from '../messages';
import { detectPhoto } from './photo';
import { measureSpeed } from './speed';

declare const self: DedicatedWorkerGlobalScope;

const tell = (reply: Reply) => self.postMessage(reply);

function answer(request: Request): Promise<SpeedSamples | PhotoDetections> {
  if (request.type === 'photo') return detectPhoto(request);
  return measureSpeed(request, (text) => tell({ type: 'progress', text }));
}

self.onmessage = async ({ data }: MessageEvent<Request>) => {
  try {
    tell({ type: 'done', value: await answer(data) });
  } catch (error) {
    tell({ type: 'failed', message: words(error) });
  }
};
