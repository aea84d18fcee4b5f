// The vision worker: frames come in from the page, results and counts go out to it.
import type { FromWorker, Picture, ToWorker } from '../messages';
import { ServerDetector } from './detector';

declare const self: DedicatedWorkerGlobalScope;

const STATUS_EVERY_MS = 250;

let detector: ServerDetector | undefined;
let statusDue = false;

function tell(message: FromWorker, transfer: Picture[] = []): void {
  self.postMessage(message, transfer);
}

function tellStatus(): void {
  statusDue = false;
  if (!detector) return;
  const { socketState, clock, counts, note } = detector;
  tell({ type: 'status', socket: socketState, clock, counts, note });
}

/** Counts change with every frame; the page needs them a few times a second. */
function statusSoon(): void {
  if (statusDue) return;
  statusDue = true;
  setTimeout(tellStatus, STATUS_EVERY_MS);
}

function start(message: ToWorker & { type: 'start' }): ServerDetector {
  const url = new URL('/api/detect?timing=1', self.location.origin);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return new ServerDetector(url.href, message.settings, {
    result: (result, picture, stamps, clock) => {
      const counts = (detector as ServerDetector).counts;
      tell({ type: 'result', result, picture, stamps, clock, counts }, [picture]);
    },
    changed: statusSoon,
  });
}

self.onmessage = ({ data }: MessageEvent<ToWorker>) => {
  if (data.type === 'start') {
    detector ??= start(data);
    setInterval(statusSoon, 1000);
    return;
  }
  if (!detector) throw new Error(`"${data.type}" before "start"`);
  if (data.type === 'stream') {
    detector.forgetTrack();
    void detector.frames.read(data.readable);
  } else if (data.type === 'picture') detector.frames.put(data.picture, data.rtpTimestamp);
  else if (data.type === 'frame_times') detector.captures.note(data.times);
  else detector.forgetTrack();
};
