// Paces, encodes, sends, and matches answers to frames. Reserve the credit first, then take the frame.
import type { DetectionResult } from '../../protocol/messages';
import { epochNow } from '../epoch';
import type {
  CaptureSource,
  ClockReading,
  Picture,
  SamplerSettings,
  SocketState,
  Stamps,
  WorkerCounts,
} from '../messages';
import { CaptureClock } from './capture-clock';
import { Credits } from './credit';
import { DetectSocket, type FrameAnswer } from './detect-socket';
import { frameMessage, JpegEncoder } from './encode';
import { type Arrival, NewestFrame } from './newest-frame';
import { Pacer } from './pacer';

const IN_FLIGHT = 2;
const ANSWER_PATIENCE_MS = 10_000;

type Flight = { picture: Picture; stamps: Omit<Stamps, 'answered'> };

export type DetectorHandlers = {
  result: (result: DetectionResult, picture: Picture, stamps: Stamps, clock: ClockReading) => void;
  /** Something that the page shows has changed. */
  changed: () => void;
};

export class ServerDetector {
  readonly frames = new NewestFrame(() => this.frameArrived());
  readonly captures = new CaptureClock();
  socketState: SocketState = { kind: 'connecting' };
  /** The last thing that went wrong, for people. */
  note: string | null = null;
  private readonly tally = {
    sampled: 0,
    sent: 0,
    answered: 0,
    dropped_client: 0,
    dropped_server: 0,
    errors: 0,
  };
  private readonly captureClock: Record<CaptureSource, number> = {
    capture_time: 0,
    receive_time: 0,
    sample_time: 0,
  };
  private readonly socket: DetectSocket;
  private readonly credits = new Credits<Flight>(IN_FLIGHT);
  private readonly pacer: Pacer;
  private readonly encoder: JpegEncoder;
  private nextId = 0;
  /** A frame is due and has not been taken yet. */
  private due = false;
  private encoding = false;

  constructor(
    url: string,
    settings: SamplerSettings,
    private readonly handlers: DetectorHandlers,
  ) {
    this.pacer = new Pacer(settings.fps);
    this.encoder = new JpegEncoder(settings, settings.quality);
    this.socket = new DetectSocket(url, {
      state: (state) => this.socketChanged(state),
      clock: () => handlers.changed(),
      answer: (answer, received) => this.answered(answer, received),
      nonsense: () => this.fail('the server said something unknown'),
    });
    this.socket.open();
    setInterval(() => this.watch(), 1000);
  }

  get clock(): ClockReading | null {
    return this.socket.clock.reading;
  }

  get counts(): WorkerCounts {
    const { bytesUp, bytesDown, opened } = this.socket;
    return {
      ...this.tally,
      capture_clock: { ...this.captureClock },
      bytes_up: bytesUp,
      bytes_down: bytesDown,
      reconnects: Math.max(0, opened - 1),
    };
  }

  /** Another track, or none: nothing of the old one is sent any more. */
  forgetTrack(): void {
    this.frames.clear();
    this.captures.reset();
    this.due = false;
  }

  private frameArrived(): void {
    // Before the server's clock is known a frame's time cannot be told, so it is not sampled.
    if (!this.socket.ready) return;
    if (this.pacer.due(performance.now())) {
      this.tally.sampled += 1;
      if (this.due) this.tally.dropped_client += 1;
      this.due = true;
    }
    this.pump();
  }

  private pump(): void {
    if (!this.due || this.encoding || !this.credits.free || !this.socket.ready) return;
    const arrival = this.frames.take();
    if (!arrival) return;
    this.due = false;
    this.encoding = true;
    void this.dispatch(arrival).finally(() => {
      this.encoding = false;
      this.pump();
    });
  }

  private async dispatch({ picture, rtpTimestamp }: Arrival): Promise<void> {
    const sampled = epochNow();
    const capture = this.captures.captureOf(rtpTimestamp, sampled);
    try {
      const jpeg = await this.encoder.encode(picture);
      const clock = this.clock;
      // The socket may have closed meanwhile, and its clock with it.
      if (!this.socket.ready || !clock)
        throw new Error('the detection socket closed before the frame was sent');
      const stamps = { sampled, encoded: epochNow(), sent: 0 };
      const frameId = this.nextId;
      this.nextId = (this.nextId + 1) >>> 0;
      this.credits.spend(frameId, { picture, stamps }, performance.now());
      this.socket.send(frameMessage(frameId, capture.at + clock.offset, jpeg));
      stamps.sent = epochNow();
      this.tally.sent += 1;
      this.captureClock[capture.source] += 1;
    } catch (error) {
      picture.close();
      this.fail(error instanceof Error ? error.message : String(error));
    }
  }

  private answered(answer: FrameAnswer, received: number): void {
    if ('dropped' in answer) {
      this.tally.dropped_server += 1;
      this.credits.settle(answer.dropped.frame_id)?.picture.close();
    } else if ('error' in answer) {
      this.credits.settle(answer.error.frame_id)?.picture.close();
      this.fail(`${answer.error.code}: ${answer.error.message}`);
    } else {
      this.deliver(answer, received);
    }
    this.pump();
  }

  private deliver(result: DetectionResult, received: number): void {
    const flight = this.credits.settle(result.frame_id);
    const clock = this.clock;
    if (!flight || !clock) {
      flight?.picture.close();
      this.fail(`an answer to frame ${result.frame_id}, which is not out`);
      return;
    }
    this.tally.answered += 1;
    this.handlers.result(result, flight.picture, { ...flight.stamps, answered: received }, clock);
  }

  private socketChanged(state: SocketState): void {
    this.socketState = state;
    if (state.kind === 'closed') {
      const lost = this.credits.drain();
      for (const { picture } of lost) picture.close();
      this.tally.errors += lost.length;
      this.due = false;
    }
    this.handlers.changed();
  }

  private watch(): void {
    if (!this.credits.overdue(performance.now(), ANSWER_PATIENCE_MS)) return;
    this.note = `no answer within ${ANSWER_PATIENCE_MS / 1000} s`;
    this.socket.abandon('no answer in time');
  }

  private fail(note: string): void {
    this.tally.errors += 1;
    this.note = note;
    this.handlers.changed();
  }
}
