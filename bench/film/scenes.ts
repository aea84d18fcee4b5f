// What the film shows, second by second. Each scene does something on the real pages, and waits until it is seen.

import { setTimeout } from 'node:timers/promises';
import type { Server } from '../../frontend/e2e/harness/server';
import { until } from '../../frontend/e2e/harness/until';
import { joinLink, untilText } from '../../frontend/e2e/harness/viewer';
import type { MetricsReport } from '../../frontend/src/protocol/messages';
import { thisMachine } from '../lib/machine';
import { progress } from '../lib/words';
import { caption, closingCard, figuresCard, phoneAtRest, titleCard } from './cards';
import type { Studio } from './studio';

type Scene = {
  /** Second of the film at which it is over. */
  until: number;
  caption: string | null;
  act?: (set: FilmSet) => Promise<void>;
};

type FilmSet = Studio & { figures: MetricsReport[] };

/** The phone's first page is seen for a moment. */
const READ_MS = 1500;
/** So long a part of each mode is measured. */
const MEASURE_S = 7;

const SCENES: Scene[] = [
  { until: 5, caption: null },
  {
    until: 10,
    caption: 'On the laptop: ./start.sh, and open the viewer. It shows a QR code.',
    act: (set) => set.placeCard('strip'),
  },
  {
    until: 15,
    caption: 'Scan it. The phone opens a page, and a tap and “allow” start its camera: nothing to install.',
    act: joinByPhone,
  },
  {
    until: 26,
    caption:
      'Exact: the boxes lie on the very frame they were computed from. Here the laptop’s server detects.',
    act: measure,
  },
  {
    until: 31,
    caption: 'Live: the video at its full rate, under the newest boxes.',
    act: ({ viewer }) => viewer.keyboard.press('l'),
  },
  {
    until: 44,
    caption: 'One key, and the browser detects by itself: no frame leaves it. The phone stays connected.',
    act: switchToBrowser,
  },
  {
    until: 49,
    caption: 'Where the time goes: every stage from the camera to the screen.',
    act: ({ viewer }) => viewer.keyboard.press('w'),
  },
  { until: 55, caption: null, act: showFigures },
  { until: 60, caption: null, act: ({ card }) => card.setContent(closingCard()) },
];

export const LENGTH_S = SCENES.at(-1)?.until ?? 0;

export async function film(studio: Studio, server: Server): Promise<void> {
  const set: FilmSet = Object.assign(studio, { figures: [] });
  await set.card.setContent(titleCard(thisMachine()));
  await set.phone.setContent(phoneAtRest());
  await set.viewer.goto(`${server.viewerUrl}?overlay=exact&threads=1`);
  await joinLink(set.viewer);
  const begin = await set.roll(LENGTH_S);
  for (const [number, scene] of SCENES.entries()) {
    progress(`scene ${number + 1} of ${SCENES.length}`);
    if (scene.caption !== null) await set.card.setContent(caption(scene.caption));
    await scene.act?.(set);
    const left = 1000 * scene.until - (performance.now() - begin);
    if (left < 0) {
      const late = (-left / 1000).toFixed(1);
      throw new Error(`scene ${number + 1} took ${late} s too long: let the machine rest, and film again`);
    }
    await setTimeout(left);
  }
}

async function joinByPhone({ phone, viewer }: FilmSet): Promise<void> {
  await phone.goto(await joinLink(viewer));
  await untilText(phone, '#status', /use this phone as a camera/i);
  await setTimeout(READ_MS);
  await phone.context().grantPermissions(['camera']);
  await phone.locator('#start').click();
  await until('boxes on the screen', () =>
    viewer.evaluate(() => window.sightline.state().frames.displayed > 0),
  );
}

async function measure({ viewer, figures }: FilmSet): Promise<void> {
  // Chromium tells the camera's time only some moments into a call.
  await until('the camera’s clock', () =>
    viewer.evaluate(() => window.sightline.metrics().capture_clock.capture_time > 0),
  );
  const recorded = await viewer.evaluate((seconds) => window.sightline.record(seconds), MEASURE_S);
  figures.push(recorded.metrics);
}

async function switchToBrowser(set: FilmSet): Promise<void> {
  await set.viewer.keyboard.press('b');
  await set.viewer.keyboard.press('e');
  await until('the browser detects', () =>
    set.viewer.evaluate(() => {
      const { detector, frames, mode } = window.sightline.state();
      return mode === 'wasm' && detector?.kind === 'ready' && frames.displayed > 0;
    }),
  );
  await measure(set);
}

async function showFigures(set: FilmSet): Promise<void> {
  await set.card.setContent(figuresCard(set.figures));
  await set.placeCard('whole');
}
