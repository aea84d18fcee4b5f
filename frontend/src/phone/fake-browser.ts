// For tests: a browser that lends its cameras, takes them away, and refuses them.

/** It can be taken, and remembers torch and zoom for as long as it runs. */
export class FakeTrack {
  readyState = 'live';
  muted = false;
  contentHint = '';
  onended: (() => void) | null = null;
  onmute: (() => void) | null = null;
  onunmute: (() => void) | null = null;
  extras: object = { torch: false, zoom: 1 };

  constructor(readonly deviceId: string) {}

  getCapabilities = () => ({ torch: true, zoom: { min: 1, max: 4, step: 0.5 } });
  getSettings = () => ({ deviceId: this.deviceId, width: 640, height: 480, frameRate: 30, ...this.extras });
  addEventListener = () => {};
  stop = () => {
    this.readyState = 'ended';
  };
  applyConstraints = async ({ advanced }: MediaTrackConstraints) => {
    if (advanced?.[0]) this.extras = { torch: false, zoom: 1, ...advanced[0] };
  };
  /** As the system does it. */
  end = () => {
    this.readyState = 'ended';
    this.onended?.();
  };
}

class FakeStream {
  readonly track: FakeTrack | undefined;

  constructor([track]: FakeTrack[]) {
    this.track = track;
  }
}

/** How long asking for a camera takes. */
const OPENING_MS = 50;

export class FakeBrowser {
  opened: FakeTrack[] = [];
  /** Telling which cameras there are waits for this. */
  counting: Promise<void> = Promise.resolve();
  /** The name of the error that asking for a camera ends with, by camera; `any` for all. */
  refusals: Record<string, string> = {};
  readonly permission = Object.assign(new EventTarget(), { state: 'prompt' });
  private readonly page = Object.assign(new EventTarget(), {
    visibilityState: 'visible',
    // Delivers two frames at once when its track is alive.
    createElement: () => ({
      srcObject: new FakeStream([]),
      play: async () => {},
      requestVideoFrameCallback(this: { srcObject: FakeStream }, look: () => void) {
        if (this.srcObject.track?.readyState === 'live') setTimeout(look, 1);
      },
    }),
  });

  /** What stands in for the browser's own. */
  globals() {
    const devices = ['one', 'two'].map((deviceId) => ({ kind: 'videoinput', deviceId }));
    const mediaDevices = Object.assign(new EventTarget(), {
      getUserMedia: this.getUserMedia,
      enumerateDevices: async () => {
        await this.counting;
        return devices;
      },
    });
    return {
      document: this.page,
      window: Object.assign(new EventTarget(), { setTimeout }),
      MediaStream: FakeStream,
      navigator: { mediaDevices, permissions: { query: async () => this.permission } },
    };
  }

  show(visibilityState: 'visible' | 'hidden'): void {
    this.page.visibilityState = visibilityState;
    this.page.dispatchEvent(new Event('visibilitychange'));
  }

  private readonly getUserMedia = async ({ video }: { video: { deviceId?: { exact: string } } }) => {
    await new Promise((resolve) => setTimeout(resolve, OPENING_MS));
    const wanted = video.deviceId?.exact ?? 'one';
    const refusal = this.refusals[wanted] ?? this.refusals.any;
    if (refusal) throw Object.assign(new Error(refusal), { name: refusal });
    const track = new FakeTrack(wanted);
    this.opened.push(track);
    return { getVideoTracks: () => [track] };
  };
}
