// Pictures of both pages to be looked at by people: SCREENSHOTS=folder npm run e2e -- screenshots
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { openDetails } from './harness/doctor';
import { missing } from './harness/faults';
import { closePage, openPhone, openViewer, type Watched } from './harness/pages';
import { type Session, startSession } from './harness/session';
import { joinLink, switchOverlay, untilPainted, untilText } from './harness/viewer';

const FOLDER = process.env.SCREENSHOTS;

const SIZES = [
  { width: 1280, height: 800 },
  { width: 390, height: 844 },
];

describe.skipIf(!FOLDER)('screenshots', () => {
  let session: Session;

  beforeAll(async () => {
    mkdirSync(FOLDER as string, { recursive: true });
    session = await startSession('people.mjpeg');
  });

  afterAll(() => session?.end());

  async function shoot({ page, name }: Watched, scene: string): Promise<void> {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      for (const size of SIZES) {
        await page.setViewportSize(size);
        const file = `${name}-${scene}-${size.width}x${size.height}-${colorScheme}.png`;
        await page.screenshot({ path: join(FOLDER as string, file) });
      }
    }
  }

  test('both pages, from the QR to the boxes', async () => {
    const viewer = await openViewer(session.laptop, `${session.server.viewerUrl}?overlay=exact`);
    const link = await joinLink(viewer.page);
    await shoot(viewer, 'waiting');

    const phone = await openPhone(session.phones, link, { permissions: [] });
    await untilText(phone.page, '#status', /use this phone as a camera/i);
    await shoot(phone, 'start');
    await phone.context.grantPermissions(['camera']);
    await phone.page.locator('#start').tap();
    await untilText(phone.page, '#status', /live/i);
    await untilPainted(viewer.page, 30);
    await shoot(phone, 'live');
    await shoot(viewer, 'exact');
    await untilText(viewer.page, '#doctor-summary', /all well/);
    await viewer.page.keyboard.press('d');
    await shoot(viewer, 'doctor');
    await viewer.page.keyboard.press('d');
    await openDetails(phone.page, '#connection');
    await shoot(phone, 'connection');
    await phone.page.locator('#connection summary').click();
    await switchOverlay(viewer.page, 'live');
    await untilPainted(viewer.page, 3);
    await shoot(viewer, 'live');
    await viewer.page.locator('#show-qr').click();
    await shoot(viewer, 'live-with-qr');

    const second = await openPhone(session.phones, link);
    await untilText(second.page, '#status', /another phone/i);
    await shoot({ ...second, name: 'phone' }, 'taken');
    await closePage(second);
    await closePage(phone);
    await untilText(viewer.page, '#status', /phone is gone/i);
    await shoot(viewer, 'phone-left');
    await closePage(viewer);
  });

  test('the viewer in wasm mode: loading, at work, choosing, failed', async () => {
    const { relay, laptop, phones } = session;
    const open = relay.holdHalf(/\.(onnx|wasm)$/);
    const viewer = await openViewer(laptop, `${relay.url}?mode=wasm&threads=1&room=new`);
    const phone = await openPhone(phones, await joinLink(viewer.page));
    await untilText(viewer.page, '#status', /live/i);
    await untilText(viewer.page, '#loading-text', /\d of \d/);
    await shoot(viewer, 'wasm-loading');
    open();
    await untilPainted(viewer.page, 20);
    await shoot(viewer, 'wasm');
    await viewer.page.keyboard.press('a');
    await untilText(viewer.page, '#mode-note', /WASM \d+ ms/);
    await shoot(viewer, 'auto');
    await viewer.page.keyboard.press('?');
    await shoot(viewer, 'help');
    await closePage(viewer);

    relay.faults.add(/\.onnx$/, missing);
    const broken = await openViewer(laptop, `${relay.url}?mode=wasm&threads=1&room=new`);
    await untilText(broken.page, '#detector-problem-text', /not there/);
    await shoot(broken, 'wasm-failed');
    relay.faults.mend();
    await Promise.all([broken, phone].map(closePage));
  });
});
