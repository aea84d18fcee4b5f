// The phone's camera: opened, turned round, set, and opened again when the system took it away.
import type { Quality } from '../rtc/camera-signals';
import { delivers } from './frames';
import {
  type Extras,
  extrasOf,
  hasSize,
  type Offer,
  offerOf,
  setExtras,
  setSize,
  sizeConstraints,
} from './tuning';

type Facing = 'environment' | 'user';

export type CameraTrouble = 'insecure' | 'refused' | 'none' | 'busy' | 'unknown';

export class CameraError extends Error {
  constructor(
    readonly trouble: CameraTrouble,
    cause?: unknown,
  ) {
    super(trouble, { cause });
  }
}

export type CameraHandlers = {
  /** The system took the camera away (a call, the lock screen, another app). */
  lost: () => void;
  /** It gave the camera back by itself, or says so. */
  back: () => void;
};

/** Some phones mute a camera for a moment when it starts; only a longer silence is a loss. */
const MUTED_MS = 500;
/** After which a camera that should film counts as silent. */
const FRAMES_MS = 1500;

export class Camera {
  track: MediaStreamTrack | undefined;
  quality: Quality = 'normal';
  private facing: Facing = 'environment';
  /** Only for cameras that do not tell which way they look. */
  private deviceId: string | undefined;
  /** Of the camera that filmed last, whether it is open now or not. */
  private last: MediaTrackSettings = {};
  private extras: Extras = { torch: false, zoom: null };
  private muteTimer: number | undefined;

  constructor(private readonly handlers: CameraHandlers) {}

  /** Opens the camera anew. The old one is stopped first: many phones have room for one only. */
  async open(): Promise<MediaStreamTrack> {
    this.close();
    if (!navigator.mediaDevices?.getUserMedia) throw new CameraError('insecure');
    const stream = await this.request().catch((error: unknown) => {
      throw new CameraError(troubleOf(error), error);
    });
    const track = stream.getVideoTracks()[0];
    if (!track) throw new CameraError('none');
    this.adopt(track);
    await this.restoreExtras();
    return track;
  }

  /** The other camera: by the way it looks, or simply the next one where that is not told (webcams). */
  async turn(): Promise<MediaStreamTrack> {
    const { facing, deviceId, extras } = this;
    this.facing = facing === 'environment' ? 'user' : 'environment';
    this.deviceId = this.last.facingMode ? undefined : nextOf(await videoInputs(), this.last.deviceId);
    // What was set belongs to the camera it was set for.
    this.extras = { torch: false, zoom: null };
    try {
      return await this.open();
    } catch (error) {
      Object.assign(this, { facing, deviceId, extras });
      throw error;
    }
  }

  /** The track there is, if it delivers frames; else a new one. */
  async regain(): Promise<MediaStreamTrack> {
    const { track } = this;
    return track && (await delivers(track, FRAMES_MS)) ? track : this.open();
  }

  /** False: this camera, while it runs, cannot. */
  async resize(quality: Quality): Promise<boolean> {
    if (!this.track || !(await setSize(this.track, quality))) return false;
    this.quality = quality;
    await this.restoreExtras();
    return true;
  }

  /** Does the picture have the size that its quality means? */
  get sized(): boolean {
    return this.track !== undefined && hasSize(this.track, this.quality);
  }

  async set(wish: Partial<Extras>): Promise<boolean> {
    const wishes = { ...this.extras, ...wish };
    if (!this.track || !(await setExtras(this.track, wishes))) return false;
    this.extras = wishes;
    return true;
  }

  /** What this camera offers, and how that is set; null while it is closed. */
  get settings(): { offer: Offer; now: Extras } | null {
    const { track, extras } = this;
    return track ? { offer: offerOf(track), now: extrasOf(track, extras) } : null;
  }

  /** Does it look at the person who holds it? */
  get frontal(): boolean {
    return this.track?.getSettings().facingMode === 'user';
  }

  close(): void {
    clearTimeout(this.muteTimer);
    const { track } = this;
    this.track = undefined;
    if (!track) return;
    track.onended = null;
    track.onmute = null;
    track.onunmute = null;
    track.stop();
  }

  /** Two or more: turning round makes sense. Known only once the permission is given. */
  async several(): Promise<boolean> {
    return (await videoInputs()).length > 1;
  }

  private async request(): Promise<MediaStream> {
    const { mediaDevices } = navigator;
    const size = sizeConstraints(this.quality);
    const byFacing = { ...size, facingMode: { ideal: this.facing } };
    const video = this.deviceId ? { ...size, deviceId: { exact: this.deviceId } } : byFacing;
    try {
      return await mediaDevices.getUserMedia({ audio: false, video });
    } catch (error) {
      // The very camera that was chosen is gone (unplugged): any other will do.
      if (!this.deviceId || !(error instanceof Error) || error.name !== 'OverconstrainedError') throw error;
      this.deviceId = undefined;
      return mediaDevices.getUserMedia({ audio: false, video: byFacing });
    }
  }

  private adopt(track: MediaStreamTrack): void {
    // The detector wants all pixels; when the line is thin it is the frame rate that may fall.
    track.contentHint = 'detail';
    track.onended = () => this.handlers.lost();
    // iOS mutes the track when the screen locks or a call comes; whether it ever unmutes it nobody can say.
    track.onmute = () => this.mute();
    track.onunmute = () => {
      clearTimeout(this.muteTimer);
      this.handlers.back();
    };
    this.track = track;
    this.last = track.getSettings();
    if (track.muted) this.mute();
  }

  private mute(): void {
    clearTimeout(this.muteTimer);
    this.muteTimer = window.setTimeout(() => this.handlers.lost(), MUTED_MS);
  }

  /** A camera that was opened or resized has forgotten them. */
  private async restoreExtras(): Promise<void> {
    const { track, extras } = this;
    if (!track || (!extras.torch && extras.zoom === null)) return;
    if (!(await setExtras(track, extras))) this.extras = { torch: false, zoom: null };
  }
}

async function videoInputs(): Promise<string[]> {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices.filter(({ kind }) => kind === 'videoinput').map(({ deviceId }) => deviceId);
}

/** The one after `current`, round and round. */
export function nextOf(all: readonly string[], current: string | undefined): string | undefined {
  return all[(all.indexOf(current ?? '') + 1) % all.length];
}

export function troubleOf(error: unknown): CameraTrouble {
  const name = error instanceof Error ? error.name : '';
  if (name === 'NotAllowedError') return 'refused';
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return 'none';
  if (name === 'NotReadableError' || name === 'AbortError') return 'busy';
  if (name === 'SecurityError') return 'insecure';
  return 'unknown';
}

/** Granted already, so that nobody needs to press a button for it. Browsers that do not tell: no. */
export async function alreadyGranted(): Promise<boolean> {
  return (await permission())?.state === 'granted';
}

/** Somebody allows the camera after all, in the browser's own menus. */
export async function onGranted(act: () => void): Promise<void> {
  const status = await permission();
  status?.addEventListener('change', () => {
    if (status.state === 'granted') act();
  });
}

async function permission(): Promise<PermissionStatus | null> {
  try {
    return await navigator.permissions.query({ name: 'camera' as PermissionName });
  } catch {
    return null;
  }
}
