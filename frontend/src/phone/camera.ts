// The phone's camera: opened, turned round, and opened again when the system took it away.

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
};

export class Camera {
  track: MediaStreamTrack | undefined;
  private facing: Facing = 'environment';
  /** Only for cameras that do not tell which way they look. */
  private deviceId: string | undefined;

  constructor(private readonly handlers: CameraHandlers) {}

  /** Opens the camera anew. The old one is stopped first: many phones have room for one only. */
  async open(): Promise<MediaStreamTrack> {
    this.close();
    if (!navigator.mediaDevices?.getUserMedia) throw new CameraError('insecure');
    let stream: MediaStream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: false, video: this.wishes() });
    } catch (error) {
      throw new CameraError(troubleOf(error), error);
    }
    const track = stream.getVideoTracks()[0];
    if (!track) throw new CameraError('none');
    return this.adopt(track);
  }

  /** The other camera: by the way it looks, or simply the next one where that is not told (webcams). */
  async turn(): Promise<MediaStreamTrack> {
    const { facingMode, deviceId } = this.track?.getSettings() ?? {};
    this.facing = this.facing === 'environment' ? 'user' : 'environment';
    this.deviceId = facingMode ? undefined : nextOf(await videoInputs(), deviceId);
    return this.open();
  }

  /** Does it look at the person who holds it? */
  get frontal(): boolean {
    return this.track?.getSettings().facingMode === 'user';
  }

  close(): void {
    const { track } = this;
    this.track = undefined;
    if (!track) return;
    track.onended = null;
    track.onmute = null;
    track.stop();
  }

  /** Two or more: turning round makes sense. Known only once the permission is given. */
  async several(): Promise<boolean> {
    return (await videoInputs()).length > 1;
  }

  private wishes(): MediaTrackConstraints {
    const which = this.deviceId
      ? { deviceId: { exact: this.deviceId } }
      : { facingMode: { ideal: this.facing } };
    return { ...which, width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 30 } };
  }

  private adopt(track: MediaStreamTrack): MediaStreamTrack {
    // The detector wants all pixels; when the line is thin it is the frame rate that may fall.
    track.contentHint = 'detail';
    track.onended = () => this.handlers.lost();
    // iOS mutes the track when the screen locks or a call comes, and never unmutes it.
    track.onmute = () => this.handlers.lost();
    this.track = track;
    return track;
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
  try {
    const { state } = await navigator.permissions.query({ name: 'camera' as PermissionName });
    return state === 'granted';
  } catch {
    return false;
  }
}
