// A phone that comes through a tunnel: `--ngrok` with a stand-in that is a real reverse proxy and lets no WebSocket
// through. The phone opens the tunnel's address, the viewer stays on localhost.
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cameraShowing, launchLaptop, launchWith } from './harness/chrome';
import { openPhone, openViewer, takeTroubles, type Watched } from './harness/pages';
import { CLIPS, fromHarness } from './harness/paths';
import { tallyPeople } from './harness/people';
import { Server } from './harness/server';
import { untilState } from './harness/state';
import { run } from './harness/tools';
import { joinLink, textOf, untilText } from './harness/viewer';

const NAME = 'tunnel.example';
const folder = mkdtempSync(join(tmpdir(), 'sightline-tunnel-'));
const passed = join(folder, 'passed');
const closing: (() => Promise<unknown>)[] = [];
let server: Server;
let viewer: Watched;
let phone: Watched;

beforeAll(async () => {
  const pem = standIn();
  const env = { PATH: `${folder}:${process.env.PATH}`, PUBLIC_NAME: NAME, PUBLIC_PEM: pem, PASSED: passed };
  server = await Server.start({ flags: ['--mode', 'server', '--ngrok'], env });
  closing.push(() => server.stop());
  const laptop = await launchLaptop();
  const phones = await launchWith({}, [
    ...cameraShowing(join(CLIPS, 'people.mjpeg')),
    `--host-resolver-rules=MAP ${NAME} 127.0.0.1`,
  ]);
  closing.push(
    () => laptop.close(),
    () => phones.close(),
  );
  viewer = await openViewer(laptop, server.viewerUrl);
  phone = await openPhone(phones, await joinLink(viewer.page));
});

afterAll(async () => {
  await Promise.all(closing.map((close) => close()));
  rmSync(folder, { recursive: true, force: true });
});

/** The program `ngrok` in a folder of its own, and a certificate for its public name. */
function standIn(): string {
  const [key, certificate, pem] = ['key.pem', 'crt.pem', 'pair.pem'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  run('openssl', ['req', '-x509', ...kind, '-subj', `/CN=${NAME}`, '-keyout', key, '-out', certificate]);
  writeFileSync(pem, readFileSync(key, 'utf8') + readFileSync(certificate, 'utf8'));
  writeFileSync(passed, '');
  const program = join(folder, 'ngrok');
  writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${fromHarness('ngrok.mjs')}" "$@"\n`);
  chmodSync(program, 0o755);
  return pem;
}

test('the phone goes live through the tunnel, and people are found on the viewer at localhost', async () => {
  expect(new URL(await joinLink(viewer.page)).hostname).toBe(NAME);
  expect(new URL(viewer.page.url()).hostname).toBe('localhost');
  await untilText(phone.page, '#status', /live/i);
  await untilState(viewer.page, { mode: 'server', connection: 'live' });
  const tally = await tallyPeople(viewer.page);
  expect(tally.fewest, 'people found in every single frame').toBeGreaterThanOrEqual(3);
});

test('all that the phone needs went through the tunnel, and no WebSocket was asked for', () => {
  const requests = readFileSync(passed, 'utf8').split('\n');
  expect(requests.some((line) => /^GET \/api\/rooms\/[^/]+\/events/.test(line))).toBe(true);
  expect(requests.some((line) => /^POST \/api\/rooms\/[^/]+\/signal/.test(line))).toBe(true);
  expect(requests.filter((line) => line.startsWith('UPGRADE'))).toEqual([]);
  expect(phone.sockets).toEqual([]);
  expect(takeTroubles(viewer)).toEqual([]);
  expect(takeTroubles(phone)).toEqual([]);
});

test('the tunnel would have refused one', async () => {
  const refused = await phone.page.evaluate(
    () =>
      new Promise<boolean>((resolve) => {
        const socket = new WebSocket(`wss://${location.host}/api/detect`);
        socket.onopen = () => resolve(false);
        socket.onerror = () => resolve(true);
      }),
  );
  expect(refused).toBe(true);
  expect(readFileSync(passed, 'utf8')).toContain('UPGRADE /api/detect');
  takeTroubles(phone);
});

test('nobody is told of a warning that no phone will show', async () => {
  expect(await viewer.page.locator('#certificate-warning').evaluate((step: HTMLElement) => step.hidden)).toBe(
    true,
  );
  expect(await phone.page.locator('#trust-link').isHidden()).toBe(true);
  expect(await textOf(viewer.page, '#status')).toMatch(/live/i);
});
