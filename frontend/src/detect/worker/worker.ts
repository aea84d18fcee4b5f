// The vision worker: frames come in from the page, results and counts go out to it.
import type { FromWorker, Picture, ToWorker, WorkerSettings } from '../messages';
import { openSessions } from './browser/session';
import { Detectors } from './detectors';
import { Sampler } from './sampler';

declare const self: DedicatedWorkerGlobalScope;

/** Counts change with every frame; the page needs them a few times a second. */
const STATUS_EVERY_MS = 250;
/** The page takes a worker that says nothing for long for dead. */
const HEARTBEAT_MS = 1000;

type Parts = { sampler: Sampler; detectors: Detectors };
let parts: Parts | undefined;
let statusDue = false;
/** The run that the page was last told of. */
let toldRun = 0;

function tell(message: FromWorker, transfer: Picture[] = []): void {
  self.postMessage(message, transfer);
}

function tellStatus({ sampler, detectors }: Parts): void {
  statusDue = false;
  const { run, active, state, auto, note } = detectors;
  toldRun = run;
  tell({
    type: 'status',
    run,
    engine: active?.engine ?? null,
    detector: state,
    auto,
    clock: active?.clock ?? null,
    counts: sampler.counts,
    rate: sampler.pacer.rate,
    sessions: openSessions(),
    note,
  });
}

/** The page is told of errors, and not of promises that were rejected. */
function raise(error: unknown): void {
  setTimeout(() => {
    throw error;
  });
}

function start(settings: WorkerSettings): Parts {
  const statusSoon = () => {
    if (statusDue) return;
    statusDue = true;
    setTimeout(() => tellStatus({ sampler, detectors }), STATUS_EVERY_MS);
  };
  const sampler = new Sampler(settings.sampler.fps, {
    taken: () => detectors.taken(),
    result: ({ outcome, arrival, capture }) => {
      const { result, stamps, clock } = outcome;
      const { run } = detectors;
      const { counts } = sampler;
      // Which detector it is of is known before its first result.
      if (run !== toldRun) tellStatus({ sampler, detectors });
      tell({ type: 'result', result, ...arrival, capture, stamps, clock, counts, run }, [arrival.picture]);
      // Told first: auto mode may put another detector to work now, and this frame is none of that one's run.
      detectors.answered(outcome);
      statusSoon();
    },
    failed: (note) => {
      detectors.note = note;
      statusSoon();
    },
    wanting: () => tell({ type: 'want_picture' }),
  });
  const detectors = new Detectors(settings, sampler, statusSoon);
  detectors.choose(settings.choice).catch(raise);
  setInterval(statusSoon, HEARTBEAT_MS);
  return { sampler, detectors };
}

self.onmessage = ({ data }: MessageEvent<ToWorker>) => {
  if (data.type === 'start') {
    parts ??= start(data.settings);
    return;
  }
  if (!parts) throw new Error(`"${data.type}" before "start"`);
  const { sampler, detectors } = parts;
  switch (data.type) {
    case 'stream':
      sampler.forgetTrack();
      void sampler.frames.read(data.readable);
      break;
    case 'picture': {
      const { picture, rtpTimestamp, capture } = data;
      sampler.put({ picture, rtpTimestamp, capture });
      break;
    }
    case 'frame_times':
      sampler.captures.note(data.times);
      break;
    case 'choose':
      detectors.choose(data.choice).catch(raise);
      break;
    case 'count_anew':
      detectors.countAnew();
      break;
    case 'fps':
      sampler.pacer.setTarget(data.fps);
      break;
    case 'server_answers':
      detectors.active?.serverAnswers?.();
      break;
    case 'detach':
      sampler.forgetTrack();
  }
};
