// Ties the phone's parts together: camera, seat in the room, connection, words.
import { byId } from '../dom';
import { Newest } from '../newest';
import type { CameraReport } from '../rtc/camera-signals';
import { IceServers } from '../rtc/ice';
import type { Signal } from '../rtc/negotiation';
import { Sender } from '../rtc/sender';
import { RoomChannel } from '../rtc/signalling';
import { Connection, cameraOf } from './connection';
import { Controls } from './controls';
import { Dim } from './dim';
import { Filming, type Shot } from './filming';
import { LookUp } from './look-up';
import { PhoneRelay } from './relay/phone-relay';
import { SeenLine } from './seen-line';
import { type Action, type Knowledge, messageFor, needsPerson, unwanted } from './status';
import { offerTrust } from './trust-link';
import { View } from './view';
import { keepAwake } from './wake-lock';

/** However often the camera is set, the viewer is told at most this often. */
const REPORT_EVERY_MS = 100;
/** A page that is just being left may come and go once more; one that stays can wait. */
const REPORT_AFTER_MS = 1000;

export class Phone {
  private known: Knowledge = {
    camera: { kind: 'off' },
    seat: 'none',
    unreachable: false,
    refusal: null,
    viewerPresent: false,
    peer: 'none',
    way: null,
    relaying: false,
  };
  private readonly view = new View((action) => this.act(action));
  private readonly controls = new Controls(
    (wish) => this.filming.adjust(wish),
    () => this.filming.stop(),
  );
  private readonly dim = new Dim();
  private readonly seenLine = new SeenLine();
  private readonly filming = new Filming({
    state: (camera) => this.note({ camera }),
    shot: (shot) => this.show(shot),
    stopped: () => this.stopped(),
    told: (report) => {
      this.controls.show(report);
      this.report(report);
    },
    wanted: () => !unwanted(this.known),
  });
  private readonly ice = new IceServers();
  private readonly connection = new Connection({
    look: () => ({
      secure: window.isSecureContext,
      seat: this.known.seat,
      unreachable: this.known.unreachable,
      refusal: this.known.refusal,
      postMs: this.channel?.postMs ?? null,
      servers: this.ice.kinds,
      camera: cameraOf(this.known.camera),
    }),
    way: (way) => this.note({ way }),
    relaying: () => this.known.relaying,
    heard: () => this.channel?.state === 'open' && this.channel.peerPresent,
    post: (facts) => this.channel?.post({ facts }),
  });
  private readonly reports = new Newest<CameraReport>(
    async (camera) => this.channel?.post({ camera }),
    REPORT_EVERY_MS,
  );
  private readonly relay = new PhoneRelay(byId<HTMLVideoElement>('preview'), {
    relaying: (relaying) => this.note({ relaying }),
    taking: (taking) => this.dim.needPreview(taking),
  });
  private lookUp: LookUp | undefined;
  private channel: RoomChannel | undefined;
  private sender: Sender | undefined;
  private reportTimer: number | undefined;

  constructor(private readonly token: string) {
    if (!window.isSecureContext) {
      this.view.offerSecureAddress();
      this.note({ camera: { kind: 'failed', trouble: 'insecure' } });
      return;
    }
    this.note({});
    this.lookUp = new LookUp(token, {
      found: (room) => void this.join(room),
      gone: () => this.note({ seat: 'gone' }),
      failed: (refusal) => this.note({ unreachable: refusal === null, refusal }),
    });
  }

  start(): void {
    if (this.known.camera.kind === 'off') void this.filming.start();
  }

  /** Takes the seat at once, so that the laptop can say that the phone is here. */
  private async join(room: string): Promise<void> {
    this.ice.enter(room, this.token);
    await this.ice.known;
    this.note({ unreachable: false, refusal: null });
    this.enter(room);
  }

  private enter(room: string): void {
    void offerTrust();
    const channel = new RoomChannel(
      { room, token: this.token, role: 'phone' },
      {
        state: (seat) => {
          this.note({ seat });
        },
        peer: (viewerPresent) => {
          this.note({ viewerPresent });
          this.sender?.viewer(viewerPresent);
          this.connection.tell();
          clearTimeout(this.reportTimer);
          this.reportTimer = window.setTimeout(() => this.report(), REPORT_AFTER_MS);
        },
        signal: (signal) => this.receive(signal),
      },
    );
    this.channel = channel;
    this.relay.enter(room, this.token, () => channel.sitting);
    this.sender = new Sender(() => this.ice.take(), {
      post: (signal) => void channel.post(signal),
      state: (peer) => {
        this.connection.follow(peer, this.sender?.pc);
        this.note({ peer });
      },
    });
    if (this.filming.track) this.sender.use(this.filming.track);
    channel.open();
  }

  private receive(signal: Signal): void {
    if ('ask_facts' in signal) this.connection.tell();
    else if ('relay' in signal) this.relay.asked();
    else if ('adjust' in signal) this.filming.adjust(signal.adjust);
    else if ('seen' in signal) this.seenLine.show(signal.seen);
    else void this.sender?.receive(signal);
    // A viewer that took an offer forgot what it knew of the camera before; and now it is there for sure.
    if ('answer' in signal) this.report();
  }

  /** Tells the viewer how the camera is set. */
  private report(report = this.filming.report()): void {
    const { seat, viewerPresent } = this.known;
    if (report && viewerPresent && seat === 'open') this.reports.push(report);
  }

  private show(shot: Shot): void {
    this.view.showCamera(shot);
    keepAwake(true);
    this.sender?.use(shot.track);
  }

  private stopped(): void {
    this.sender?.stop();
    keepAwake(false);
    this.view.hideCamera();
  }

  private act(action: Exclude<Action, null>): void {
    if (action === 'start' || action === 'retry_camera') void this.filming.start();
    else if (action === 'retry_server') this.retryServer();
    else if (action === 'take_over') this.takeOver();
    else location.reload();
  }

  private takeOver(): void {
    // Until the seat is ours nobody hears an offer.
    this.note({ viewerPresent: false });
    this.sender?.viewer(false);
    this.channel?.open(true);
    this.start();
  }

  private retryServer(): void {
    if (this.channel) this.channel.open();
    else this.lookUp?.again();
  }

  private note(news: Partial<Knowledge>): void {
    this.known = { ...this.known, ...news };
    this.view.say(messageFor(this.known));
    this.connection.show();
    const { camera, viewerPresent, peer } = this.known;
    this.relay.note({ filming: camera.kind === 'on', viewerPresent, direct: peer === 'live' });
    if (needsPerson(this.known)) this.dim.wake();
    if (!viewerPresent || camera.kind !== 'on') this.seenLine.hide();
    if (this.filming.track && unwanted(this.known)) this.filming.stop();
  }
}
