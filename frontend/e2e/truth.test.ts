// Pixels say which frame is on the screen, boxes say which frame they were found in: in Exact it is the same one.
// Times are no test's matter: bench/check_truth.sh checks them, and the pairing in both modes.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { judge } from '../../bench/checks/truth/judge';
import { scenePeople } from '../../bench/checks/truth/scene';
import { CAMERA_FPS, type Plant, witness } from '../../bench/checks/truth/session';
import { launchLaptop } from './harness/chrome';
import { Server } from './harness/server';

let server: Server;
let laptop: Browser;
let phones: Browser;

beforeAll(async () => {
  [server, laptop, phones] = await Promise.all([Server.start(), launchLaptop(), launchLaptop()]);
});

afterAll(() => Promise.all([laptop?.close(), phones?.close(), server?.stop()]));

async function verdict(plant: Plant | null) {
  const { sightings, frames } = await witness({ laptop, phones }, server.viewerUrl, {
    mode: 'server',
    seconds: 6,
    plant,
    settled: false,
  });
  return judge(sightings, frames, scenePeople(), 1000 / CAMERA_FPS);
}

test('every painted frame carries the boxes that were found in it', async () => {
  const { pairing } = await verdict(null);
  // On a busy machine a call's first pictures are too blurred to be read, or to find people in.
  expect(pairing.judged).toBeGreaterThan(20);
  expect(pairing.right).toBe(pairing.judged);
});

test('pictures that come one result late are found out', async () => {
  const { pairing, met } = await verdict('off-by-one');
  expect(pairing.judged).toBeGreaterThan(20);
  expect(pairing.right).toBeLessThan(0.1 * pairing.judged);
  expect(met.pairing).toBe(false);
});
