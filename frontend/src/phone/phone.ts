// Ties the phone's parts together: camera, seat in the room, connection, words.
import { Backoff } from '../backoff';
import { ask, Refused } from '../protocol/api';
import type { ClientConfig } from '../protocol/messages';
import { parseConfig, parseJoinInfo } from '../protocol/parse';
import { Sender } from '../rtc/sender';
import { RoomChannel } from '../rtc/signalling';
import { Camera, CameraError } from './camera';
import { type Action, type Knowledge, messageFor, unwanted } from './status';
import { offerTrust } from './trust-link';
import { View } from './view';
import { keepAwake } from './wake-lock';

/** A camera that was taken away is asked for again; each try is cheap, and iOS gives it back only when visible. */
const REOPEN_EVERY_MS = 2000;

export class Phone {
  private known: Knowledge = {
    camera: { kind: 'off' },
    seat: 'none',
    unreachable: false,
    viewerPresent: false,
    peer: 'none',
  };
  private readonly view = new View({
    action: (action) => this.act(action),
    flip: () => void this.flip(),
    stop: () => this.stop(),
  });
  private readonly camera = new Camera({ lost: () => this.lost() });
  private channel: RoomChannel | undefined;
  private sender: Sender | undefined;
  private readonly backoff = new Backoff(500, 8000);
  private opening = false;
  private joinTimer: number | undefined;
  private reopenTimer: number | undefined;

  constructor(private readonly token: string) {
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible' && this.known.camera.kind === 'lost') void this.open();
    });
    if (!window.isSecureContext) {
      this.view.offerSecureAddress();
      this.note({ camera: { kind: 'failed', trouble: 'insecure' } });
      return;
    }
    this.note({});
    void this.join();
  }

  start(): void {
    if (this.known.camera.kind === 'off') void this.open();
  }

  /** Looks the link up and takes the seat at once, so that the laptop can say that the phone is here. */
  private async join(): Promise<void> {
    clearTimeout(this.joinTimer);
    try {
      const { room } = await ask(`/api/join/${encodeURIComponent(this.token)}`, parseJoinInfo);
      const config = await ask('/api/config', parseConfig);
      this.backoff.reset();
      this.note({ unreachable: false });
      this.enter(room, config);
    } catch (error) {
      if (error instanceof Refused && error.gone) return this.note({ seat: 'gone' });
      console.warn('the link could not be looked up', error);
      this.note({ unreachable: true });
      this.joinTimer = window.setTimeout(() => void this.join(), this.backoff.wait());
    }
  }

  private enter(room: string, config: ClientConfig): void {
    offerTrust(config);
    const channel = new RoomChannel(
      { room, token: this.token, role: 'phone' },
      {
        state: (seat) => {
          this.note({ seat });
        },
        peer: (viewerPresent) => {
          this.note({ viewerPresent });
          this.sender?.viewer(viewerPresent);
        },
        signal: (signal) => void this.sender?.receive(signal),
      },
    );
    this.channel = channel;
    this.sender = new Sender(config.ice_servers, {
      post: (signal) => channel.post(signal),
      state: (peer) => this.note({ peer }),
    });
    if (this.camera.track) void this.sender.use(this.camera.track);
    channel.open();
  }

  private open(): Promise<void> {
    return this.film(() => this.camera.open());
  }

  /** One opening at a time: of two, one track would be left running with nobody to stop it. */
  private async film(open: () => Promise<MediaStreamTrack>): Promise<void> {
    if (this.opening) return;
    this.opening = true;
    clearTimeout(this.reopenTimer);
    const before = this.known.camera.kind;
    // Turning round and getting back what was lost are no first start: the words stay as they are.
    if (before !== 'lost' && before !== 'on') this.note({ camera: { kind: 'asking' } });
    try {
      const track = await open();
      if (unwanted(this.known)) return this.stop();
      this.note({ camera: { kind: 'on' } });
      this.view.showCamera(track, this.camera.frontal, await this.camera.several());
      keepAwake(true);
      await this.sender?.use(track);
    } catch (error) {
      console.warn('the camera did not open', error);
      const trouble = error instanceof CameraError ? error.trouble : 'unknown';
      if (before === 'lost' && trouble !== 'refused') return this.reopenSoon();
      this.stop();
      this.note({ camera: { kind: 'failed', trouble } });
    } finally {
      this.opening = false;
    }
  }

  private lost(): void {
    this.note({ camera: { kind: 'lost' } });
    this.reopenSoon();
  }

  private reopenSoon(): void {
    clearTimeout(this.reopenTimer);
    this.reopenTimer = window.setTimeout(() => {
      if (document.visibilityState === 'visible') void this.open();
    }, REOPEN_EVERY_MS);
  }

  private async flip(): Promise<void> {
    this.view.flipping(true);
    await this.film(() => this.camera.turn());
    this.view.flipping(false);
  }

  private stop(): void {
    clearTimeout(this.reopenTimer);
    this.camera.close();
    this.sender?.stop();
    keepAwake(false);
    this.view.hideCamera();
    this.note({ camera: { kind: 'off' } });
  }

  private act(action: Exclude<Action, null>): void {
    if (action === 'start' || action === 'retry_camera') void this.open();
    else if (action === 'retry_server') this.retryServer();
    else if (action === 'take_over') this.takeOver();
    else location.reload();
  }

  private takeOver(): void {
    this.channel?.open(true);
    this.start();
  }

  private retryServer(): void {
    if (this.channel) this.channel.open();
    else void this.join();
  }

  private note(news: Partial<Knowledge>): void {
    this.known = { ...this.known, ...news };
    this.view.say(messageFor(this.known));
    if (this.camera.track && unwanted(this.known)) this.stop();
  }
}
