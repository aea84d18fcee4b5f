// Another family of models, by its manifest alone: YOLOX-Nano finds the people on the server and in the browser.
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPhone, openViewer, takeTroubles, type Watched } from './harness/pages';
import { ROOT } from './harness/paths';
import { tallyPeople } from './harness/people';
import { type Session, startSession } from './harness/session';
import { untilBoxes } from './harness/trouble';
import { joinLink, paintedCount, stateOf, untilText } from './harness/viewer';

const MODEL = join(ROOT, '../shared/models/yolox_nano.onnx');
const MANIFEST = join(ROOT, 'tests/fixtures/yolox_nano/manifest.json');
const absent = !existsSync(MODEL);
if (absent) console.warn(`skipped: there is no ${MODEL} (the file is not part of this repository)`);

describe.skipIf(absent)('YOLOX-Nano', () => {
  let folder = '';
  let session: Session;
  let viewer: Watched;
  let phone: Watched;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sightline-yolox-'));
    copyFileSync(MODEL, join(folder, 'yolox_nano.onnx'));
    copyFileSync(MANIFEST, join(folder, 'manifest.json'));
    session = await startSession('people.mjpeg', { flags: ['--mode', 'server', '--model', folder] });
    viewer = await openViewer(session.laptop, `${session.server.viewerUrl}?overlay=exact&threads=1`);
    phone = await openPhone(session.phones, await joinLink(viewer.page));
  });

  afterAll(async () => {
    await session?.end();
    rmSync(folder, { recursive: true, force: true });
  });

  test('is what the server offers', async () => {
    const config = await (await fetch(new URL('/api/config', session.server.viewerUrl))).json();
    expect(config.model).toMatchObject({ name: 'yolox_nano_coco', input_width: 416, input_height: 416 });
    expect(config.labels).toHaveLength(80);
  });

  test.each([
    ['server', 's'],
    ['wasm', 'b'],
  ] as const)('finds persons where they are: %s', async (engine, key) => {
    const { page } = viewer;
    await page.keyboard.press(key);
    await untilBoxes(page, engine);
    const tally = await tallyPeople(page, await paintedCount(page));
    expect(tally.found / tally.people, JSON.stringify(tally)).toBeGreaterThan(0.8);
    expect(tally.mirrored / tally.people, 'the check can fail').toBeLessThan(0.2);
    expect(takeTroubles(viewer)).toEqual([]);
  });

  test('runs as any other model does', async () => {
    await untilText(viewer.page, '[data-reading="detector"]', /^WASM, 1 thread$/);
    expect((await stateOf(viewer.page)).frames.errors).toBe(0);
    expect(takeTroubles(phone)).toEqual([]);
  });
});
