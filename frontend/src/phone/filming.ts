// Filming from the first tap to the last: who may touch the camera when, and what happens when it is taken away.
import { Newest } from '../newest';
import type { Adjust, CameraReport, Control, Quality } from '../rtc/camera-signals';
import { Camera, CameraError, onGranted } from './camera';
import { Recovery } from './recovery';
import type { CameraState } from './status';
import { clamp } from './tuning';

export type Shot = { track: MediaStreamTrack; frontal: boolean };

export type FilmingHandlers = {
  state: (state: CameraState) => void;
  /** A track to send and to show, perhaps the same as before. The camera waits for neither. */
  shot: (shot: Shot) => void;
  /** The camera is closed for good. */
  stopped: () => void;
  /** How the camera is set now, and what of it was just refused. */
  told: (report: CameraReport) => void;
  /** May this phone film at all? */
  wanted: () => boolean;
};

export class Filming {
  private state: CameraState = { kind: 'off' };
  private several = false;
  /** What the camera offered last: while it is away nothing is known, and nothing should jump about. */
  private known: Camera['settings'] = null;
  private busy: Promise<unknown> | null = null;
  private readonly camera: Camera;
  private readonly recovery = new Recovery(() => this.regain());
  private readonly torch = new Newest<boolean>((torch) => this.set('torch', { torch }));
  private readonly zoom = new Newest<number>((zoom) => this.set('zoom', { zoom }));
  private readonly quality = new Newest<Quality>((quality) => this.setQuality(quality));

  constructor(private readonly handlers: FilmingHandlers) {
    this.camera = new Camera({ lost: () => this.lost(), back: () => this.recovery.hint() });
    void onGranted(() => this.allowed());
    document.addEventListener('visibilitychange', () => this.lookAgain());
    navigator.mediaDevices?.addEventListener('devicechange', () => void this.countCameras());
  }

  get track(): MediaStreamTrack | undefined {
    return this.camera.track;
  }

  /** The first start, or a person's tap when the camera did not come. */
  async start(): Promise<void> {
    if (this.busy) return;
    // Getting back what was lost is no first start: the words stay as they are.
    if (this.state.kind !== 'lost') this.enter({ kind: 'asking' });
    await this.alone(() => this.film(() => this.camera.open()));
  }

  stop(): void {
    this.recovery.end();
    this.camera.close();
    this.enter({ kind: 'off' });
    this.handlers.stopped();
  }

  /** Of wishes that come faster than a camera can follow, the newest of each kind counts. */
  adjust(wish: Adjust): void {
    if ('flip' in wish) void this.flip();
    else if ('torch' in wish) this.torch.push(wish.torch);
    else if ('zoom' in wish) this.zoom.push(wish.zoom);
    else this.quality.push(wish.quality);
  }

  /** Null: there is nothing to set. */
  report(refused: Control | null = null): CameraReport | null {
    const { state, camera, several } = this;
    if (state.kind !== 'on' && state.kind !== 'lost') return null;
    this.known = camera.settings ?? this.known;
    const { offer, now } = this.known ?? {};
    const zoom = offer?.zoom;
    return {
      filming: state.kind === 'on' ? 'yes' : state.how === 'returning' ? 'regaining' : 'needs_touch',
      flip: several,
      torch: offer?.torch ? now?.torch === true : null,
      zoom: zoom ? { ...zoom, value: clamp(now?.zoom ?? zoom.min, zoom) } : null,
      quality: camera.quality,
      refused,
    };
  }

  private async flip(): Promise<void> {
    // A second tap while the camera turns is impatience, not the wish to turn back.
    if (this.busy || !this.report()) return this.tell();
    let refused = false;
    await this.alone(() =>
      this.film(() =>
        this.camera.turn().catch((error: unknown) => {
          console.warn('the other camera did not open', error);
          refused = true;
          return this.camera.open();
        }),
      ),
    );
    this.tell(refused ? 'flip' : null);
  }

  private async set(control: Control, wish: { torch: boolean } | { zoom: number }): Promise<void> {
    const done = await this.alone(async () => this.state.kind === 'on' && this.camera.set(wish));
    this.tell(done ? null : control);
  }

  private async setQuality(quality: Quality): Promise<void> {
    const done = await this.alone(async () => this.state.kind === 'on' && this.changeQuality(quality));
    this.tell(done ? null : 'quality');
  }

  /** On the running camera where it can, else by opening it anew; a camera that cannot at all keeps what it had. */
  private async changeQuality(quality: Quality): Promise<boolean> {
    const { camera } = this;
    const before = camera.quality;
    if (await camera.resize(quality)) return true;
    camera.quality = quality;
    await this.film(() => camera.open());
    if (camera.sized) return true;
    camera.quality = before;
    await camera.resize(before);
    return false;
  }

  /** One thing at a time: of two openings, one track would be left running with nobody to stop it. */
  private async alone<T>(act: () => Promise<T>): Promise<T> {
    while (this.busy) await this.busy;
    const acting = act();
    const quiet = acting.catch(() => {});
    this.busy = quiet;
    try {
      return await acting;
    } finally {
      this.busy = null;
    }
  }

  private async film(open: () => Promise<MediaStreamTrack>): Promise<void> {
    if (!this.handlers.wanted()) return this.stop();
    try {
      const track = await open();
      await this.countCameras();
      // Meanwhile somebody may have pressed Stop, or another phone may have taken over.
      if (this.state.kind === 'off' || !this.handlers.wanted()) return this.stop();
      this.recovery.end();
      this.enter({ kind: 'on' });
      this.handlers.shot({ track, frontal: this.camera.frontal });
      if (track.readyState === 'ended') this.lost();
    } catch (error) {
      this.fail(error);
    }
  }

  private fail(error: unknown): void {
    console.warn('the camera did not open', error);
    const trouble = error instanceof CameraError ? error.trouble : 'unknown';
    const { kind } = this.state;
    if (kind === 'off' || kind === 'failed') return;
    // What keeps a camera lets it go some time: a call, another app, this very page before it was reloaded.
    if (kind === 'asking' && trouble !== 'busy') {
      this.stop();
      this.enter({ kind: 'failed', trouble });
      return;
    }
    if (kind !== 'lost') this.recovery.begin({ stuck: kind === 'asking' });
    if (trouble === 'refused') this.recovery.leaveToPeople();
    else this.recovery.retry();
    const how = trouble === 'refused' ? 'asks' : this.recovery.stuck ? 'stuck' : 'returning';
    this.enter({ kind: 'lost', how });
  }

  private lost(): void {
    if (this.state.kind !== 'on') return;
    this.recovery.begin({ stuck: false });
    this.enter({ kind: 'lost', how: 'returning' });
  }

  private regain(): void {
    if (this.busy) this.recovery.retry();
    else void this.alone(() => this.film(() => this.camera.regain()));
  }

  /** Somebody allowed the camera after all, in the browser's own menus. */
  private allowed(): void {
    const { state } = this;
    if (state.kind !== 'failed' || state.trouble !== 'refused') this.recovery.wake();
    else if (document.visibilityState === 'visible') void this.start();
    else document.addEventListener('visibilitychange', () => this.allowed(), { once: true });
  }

  /** Back from the lock screen or another app, a camera may be silent without having said so. */
  private lookAgain(): void {
    if (document.visibilityState !== 'visible' || this.state.kind !== 'on' || this.busy) return;
    void this.alone(() => this.film(() => this.camera.regain()));
  }

  private async countCameras(): Promise<void> {
    const several = await this.camera.several();
    if (several === this.several) return;
    this.several = several;
    this.tell();
  }

  private tell(refused: Control | null = null): void {
    const report = this.report(refused);
    if (report) this.handlers.told(report);
  }

  private enter(state: CameraState): void {
    this.state = state;
    this.handlers.state(state);
    this.tell();
  }
}
