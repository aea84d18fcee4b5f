import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { hasSize, offerOf, setExtras, setSize, sizeConstraints } from './tuning';

type Settings = MediaTrackSettings & { torch?: boolean; zoom?: number };

/** A camera as browsers have them: each call takes back what an earlier one asked for, and settings tell the truth. */
class FakeTrack {
  readonly asked: MediaTrackConstraints[] = [];
  settings: Settings = { width: 640, height: 480, frameRate: 30 };

  constructor(
    private readonly capabilities?: object,
    private readonly most = 1280,
  ) {}

  getCapabilities?: () => object = () => this.capabilities ?? {};
  getSettings = () => this.settings;

  async applyConstraints(wishes: MediaTrackConstraints): Promise<void> {
    this.asked.push(wishes);
    const offered = (this.capabilities ?? {}) as { torch?: boolean; zoom?: { min: number; max: number } };
    const extras = (wishes.advanced?.[0] ?? {}) as { torch?: boolean; zoom?: number };
    if (extras.torch !== undefined && !offered.torch) throw new DOMException('torch', 'OverconstrainedError');
    if (extras.zoom !== undefined && !offered.zoom) throw new DOMException('zoom', 'OverconstrainedError');
    if (offered.torch) this.settings = { ...this.settings, torch: extras.torch ?? false };
    if (offered.zoom) this.settings = { ...this.settings, zoom: extras.zoom ?? offered.zoom.min };
    const { width, height, frameRate } = wishes as Record<string, { ideal: number } | undefined>;
    if (width && height && frameRate && width.ideal <= this.most) {
      Object.assign(this.settings, { width: width.ideal, height: height.ideal, frameRate: frameRate.ideal });
    }
  }
}

const trackOf = (fake: FakeTrack) => fake as unknown as MediaStreamTrack;
const both = { torch: true, zoom: { min: 1, max: 8, step: 0.1 } };

beforeEach(() => {
  vi.spyOn(console, 'warn').mockImplementation(() => {});
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe('offerOf', () => {
  it.each([
    [both, { torch: true, zoom: { min: 1, max: 8, step: 0.1 } }],
    [{}, { torch: false, zoom: null }],
    [
      { torch: false, zoom: { min: 1, max: 1, step: 0 } },
      { torch: false, zoom: null },
    ],
    [{ zoom: { min: 100, max: 400 } }, { torch: false, zoom: { min: 100, max: 400, step: 0 } }],
    [{ zoom: { min: -1, max: 4, step: 1 } }, { torch: false, zoom: null }],
  ])('of %o is %o', (capabilities, offer) => {
    expect(offerOf(trackOf(new FakeTrack(capabilities)))).toEqual(offer);
  });

  it('is nothing where the browser cannot tell', () => {
    const fake = new FakeTrack(both);
    delete fake.getCapabilities;
    expect(offerOf(trackOf(fake))).toEqual({ torch: false, zoom: null });
  });
});

describe('setExtras', () => {
  it('keeps the torch on while it zooms', async () => {
    const fake = new FakeTrack(both);
    expect(await setExtras(trackOf(fake), { torch: true, zoom: null })).toBe(true);
    expect(await setExtras(trackOf(fake), { torch: true, zoom: 3 })).toBe(true);
    expect(fake.settings).toMatchObject({ torch: true, zoom: 3 });
  });

  it('goes no farther than the camera does', async () => {
    const fake = new FakeTrack(both);
    expect(await setExtras(trackOf(fake), { torch: false, zoom: 99 })).toBe(true);
    expect(fake.settings.zoom).toBe(8);
  });

  it('asks for nothing that is not offered', async () => {
    const fake = new FakeTrack({ zoom: both.zoom });
    expect(await setExtras(trackOf(fake), { torch: true, zoom: null })).toBe(false);
    expect(await setExtras(trackOf(fake), { torch: false, zoom: 2 })).toBe(true);
    expect(fake.asked).toEqual([{ advanced: [{ zoom: 2 }] }]);
  });

  it('tells when the camera did not follow', async () => {
    const fake = new FakeTrack(both);
    fake.applyConstraints = async () => {
      fake.settings = { torch: false, zoom: 1 };
    };
    expect(await setExtras(trackOf(fake), { torch: true, zoom: null })).toBe(false);
    expect(await setExtras(trackOf(fake), { torch: false, zoom: 5 })).toBe(false);
  });
});

describe('setSize', () => {
  it('changes the running track', async () => {
    const fake = new FakeTrack();
    expect(await setSize(trackOf(fake), 'saver')).toBe(true);
    expect(fake.asked).toEqual([sizeConstraints('saver')]);
    expect(await setSize(trackOf(fake), 'sharp')).toBe(true);
    expect(fake.settings).toMatchObject({ width: 1280, height: 720, frameRate: 30 });
  });

  it('tells when the camera has no such size, or the browser no such call', async () => {
    expect(await setSize(trackOf(new FakeTrack({}, 640)), 'sharp')).toBe(false);
    const fake = new FakeTrack();
    fake.applyConstraints = () => Promise.reject(new TypeError('not here'));
    expect(await setSize(trackOf(fake), 'saver')).toBe(false);
  });
});

describe('hasSize', () => {
  it.each<[boolean, MediaTrackSettings]>([
    [true, { width: 640, height: 480, frameRate: 30 }],
    [true, { width: 480, height: 640, frameRate: 24 }],
    [true, { width: 640, height: 360 }],
    [true, {}],
    [false, { width: 1280, height: 720, frameRate: 30 }],
    [false, { width: 640, height: 480, frameRate: 60 }],
    [false, { width: 320, height: 240, frameRate: 30 }],
  ])('normal is %s for %o', (expected, settings) => {
    const fake = new FakeTrack();
    fake.settings = settings;
    expect(hasSize(trackOf(fake), 'normal')).toBe(expected);
  });
});
