// One session of the real pages, with our camera before the phone and our eyes on the viewer.
import type { launchLaptop } from '../../../frontend/e2e/harness/chrome';
import {
  closePage,
  openIn,
  takeTroubles,
  viewerPermissions,
  type Watched,
} from '../../../frontend/e2e/harness/pages';
import { until } from '../../../frontend/e2e/harness/until';
import { joinLink } from '../../../frontend/e2e/harness/viewer';
import type { MetricsReport } from '../../../frontend/src/protocol/messages';
import type { FrameRecord } from '../../../frontend/src/viewer/frame-record';
import { record, warmUp } from '../check';
import { cellsOf, LAYOUT } from './cells';
import {
  type CameraSettings,
  installCamera,
  installEyes,
  plantLate,
  plantOffByOne,
  type Sighting,
  wallClock,
} from './in-page';
import { offsetOf, STEP, scenePicture } from './scene';

type Browser = Awaited<ReturnType<typeof launchLaptop>>;

export const PLANTS = { late: plantLate, 'off-by-one': plantOffByOne };
export type Plant = keyof typeof PLANTS;

export type Wanted = {
  mode: 'server' | 'wasm';
  seconds: number;
  plant: Plant | null;
  /** Wait until the browser tells capture times, and until they have settled? */
  settled: boolean;
  /** Runs in the phone's page before its own code. */
  phoneInit?: () => void;
  /** Is shown the phone's page while it films. */
  look?: (phone: Watched['page']) => Promise<unknown>;
};

export type Evidence = {
  sightings: Sighting[];
  frames: FrameRecord[];
  metrics: MetricsReport;
  /** ms from the stamp in the pixels to the handing over, each camera frame. */
  handedOver: number[];
};

export const CAMERA_FPS = 30;

/** `url`: the viewer page. Both browsers are the caller's. */
export async function witness(
  { laptop, phones }: { laptop: Browser; phones: Browser },
  url: string,
  wanted: Wanted,
): Promise<Evidence> {
  const viewer = await openWatchedViewer(laptop, url, wanted);
  const phone = await openFilmingPhone(phones, await joinLink(viewer.page), wanted.phoneInit);
  try {
    await (wanted.settled ? warmUp(viewer) : untilShown(viewer));
    await viewer.page.evaluate(() => window.truth.seen.splice(0));
    await wanted.look?.(phone.page);
    const { frames, metrics } = await record(viewer, wanted.seconds);
    const sightings = await viewer.page.evaluate(() => window.truth.seen);
    const handedOver = await phone.page.evaluate(() => window.handedOver);
    const troubles = takeTroubles(phone);
    if (troubles.length > 0) throw new Error(`the phone had troubles: ${troubles.join('; ')}`);
    return { sightings, frames, metrics, handedOver };
  } finally {
    await Promise.all([closePage(viewer), closePage(phone)]);
  }
}

async function openWatchedViewer(laptop: Browser, url: string, { mode, plant }: Wanted): Promise<Watched> {
  const context = await laptop.newContext({
    ignoreHTTPSErrors: true,
    viewport: { width: 1280, height: 800 },
    permissions: viewerPermissions(),
  });
  await context.addInitScript({ content: `(${installEyes})((${wallClock})(), ${JSON.stringify(LAYOUT)})` });
  if (plant) await context.addInitScript(PLANTS[plant]);
  return openIn(context, 'viewer', `${url}?overlay=exact&mode=${mode}&threads=1&room=new`);
}

async function openFilmingPhone(phones: Browser, url: string, init?: () => void): Promise<Watched> {
  const context = await phones.newContext({
    ignoreHTTPSErrors: true,
    viewport: { width: 390, height: 844 },
    isMobile: true,
    hasTouch: true,
    permissions: ['camera'],
  });
  const settings: CameraSettings = { picture: scenePicture(), layout: LAYOUT, step: STEP, fps: CAMERA_FPS };
  const content = `(${installCamera})((${wallClock})(), ${JSON.stringify(settings)}, { cellsOf: ${cellsOf}, offsetOf: ${offsetOf} })`;
  await context.addInitScript({ content });
  return openIn(context, 'phone', url, init);
}

const untilShown = ({ page }: Watched): Promise<boolean> =>
  until('frames are shown', () =>
    page.evaluate(() => (window.sightline?.state().frames.displayed ?? 0) >= 15),
  );
