// The server's detector: frames go out as JPEG, answers come back by their number.
import type { DetectionResult } from '../../../protocol/messages';
import { epochNow } from '../../epoch';
import type { ClockReading, DetectorState, SamplerSettings, Stamps } from '../../messages';
import type { Detector, DetectorEvents, Outcome, Sample, Traffic } from '../detector';
import { Credits } from './credit';
import { DetectSocket, type FrameAnswer, type SocketState } from './detect-socket';
import { frameMessage, JpegEncoder } from './encode';

const IN_FLIGHT = 2;
const ANSWER_PATIENCE_MS = 10_000;

type Flight = {
  stamps: Omit<Stamps, 'answered'>;
  answered: (outcome: Outcome) => void;
  failed: (error: Error) => void;
};

export class ServerDetector implements Detector {
  readonly engine = 'server';
  private readonly socket: DetectSocket;
  private readonly credits = new Credits<Flight>(IN_FLIGHT);
  private readonly encoder: JpegEncoder;
  private readonly watchdog: ReturnType<typeof setInterval>;
  private socketState: SocketState = { kind: 'connecting' };
  private nextId = 0;
  private encoding = false;

  constructor(
    url: string,
    settings: SamplerSettings,
    private readonly events: DetectorEvents,
  ) {
    this.encoder = new JpegEncoder(settings, settings.quality);
    this.socket = new DetectSocket(url, {
      state: (state) => this.socketChanged(state),
      clock: events.changed,
      answer: (answer, received) => this.answered(answer, received),
      nonsense: () => events.trouble('the server said something unknown'),
    });
    this.watchdog = setInterval(() => this.watch(), 1000);
    this.socket.open();
  }

  get state(): DetectorState {
    const { socketState } = this;
    if (socketState.kind === 'closed') return { ...socketState, kind: 'lost' };
    return this.ready ? { kind: 'ready', words: 'server' } : { kind: 'connecting' };
  }

  /** Before the server's clock is known a frame's time cannot be told. */
  get ready(): boolean {
    return this.socket.ready;
  }

  get free(): boolean {
    return this.ready && !this.encoding && this.credits.free;
  }

  get clock(): ClockReading | null {
    return this.socket.clock.reading;
  }

  get traffic(): Traffic {
    const { bytesUp, bytesDown, opened } = this.socket;
    return { bytes_up: bytesUp, bytes_down: bytesDown, reconnects: Math.max(0, opened - 1) };
  }

  async detect({ picture, captured, sampled }: Sample, sent: () => void): Promise<Outcome> {
    const jpeg = await this.encode(picture);
    const { clock } = this;
    // The socket may have closed meanwhile, and its clock with it.
    if (!this.ready || !clock) throw new Error('the detection socket closed before the frame was sent');
    const stamps = { sampled, sent: 0 };
    const frameId = this.nextId;
    this.nextId = (this.nextId + 1) >>> 0;
    const outcome = new Promise<Outcome>((answered, failed) => {
      this.credits.spend(frameId, { stamps, answered, failed }, performance.now());
    });
    this.socket.send(frameMessage(frameId, captured + clock.offset, jpeg));
    stamps.sent = epochNow();
    sent();
    this.events.changed();
    return outcome;
  }

  serverAnswers(): void {
    this.socket.retry();
  }

  close(): void {
    clearInterval(this.watchdog);
    this.socket.close();
    this.loseFlights('the detection socket was closed');
  }

  private async encode(picture: Sample['picture']): Promise<ArrayBuffer> {
    this.encoding = true;
    try {
      return await this.encoder.encode(picture);
    } finally {
      this.encoding = false;
    }
  }

  private answered(answer: FrameAnswer, received: number): void {
    if ('dropped' in answer) {
      this.credits.settle(answer.dropped.frame_id)?.answered({ kind: 'dropped' });
    } else if ('error' in answer) {
      const { frame_id, code, message } = answer.error;
      this.credits.settle(frame_id)?.failed(new Error(`${code}: ${message}`));
    } else {
      this.deliver(answer, received);
    }
  }

  private deliver(result: DetectionResult, received: number): void {
    const flight = this.credits.settle(result.frame_id);
    const { clock } = this;
    if (!flight || !clock) {
      const stray = `an answer to frame ${result.frame_id}, which is not out`;
      if (flight) flight.failed(new Error(stray));
      else this.events.trouble(stray);
      return;
    }
    const stamps = { ...flight.stamps, answered: received };
    flight.answered({ kind: 'result', result, stamps, clock });
  }

  private socketChanged(state: SocketState): void {
    this.socketState = state;
    if (state.kind === 'closed') this.loseFlights('the detection socket closed before the answer came');
    this.events.changed();
  }

  private loseFlights(reason: string): void {
    for (const { failed } of this.credits.drain()) failed(new Error(reason));
  }

  private watch(): void {
    if (!this.credits.overdue(performance.now(), ANSWER_PATIENCE_MS)) return;
    this.events.trouble(`no answer within ${ANSWER_PATIENCE_MS / 1000} s`);
    this.socket.abandon('no answer in time');
  }
}
