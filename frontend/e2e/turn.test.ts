// Phone and viewer that may meet in a TURN server only, a real coturn.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keepPeerConnections, openDetails, selectedPair, untilLine } from './harness/doctor';
import { closePage, openPhone, openViewer, takeTroubles } from './harness/pages';
import { Server } from './harness/server';
import { type Session, startSession } from './harness/session';
import { TurnServer, turnObstacle } from './harness/turn';
import { joinLink, stateOf, untilPainted, untilText } from './harness/viewer';

const SECRET = 'north-wind-and-sun';
const obstacle = turnObstacle();

const serverOptions = (turn: TurnServer, secret: string) => ({
  flags: ['--mode', 'server', '--ice-server', turn.url, '--ice-policy', 'relay'],
  env: { TURN_SECRET: secret },
});

describe.skipIf(obstacle !== null)(`TURN${obstacle ? ` (skipped: ${obstacle})` : ''}`, () => {
  let turn: TurnServer;
  let session: Session;

  beforeAll(async () => {
    turn = await TurnServer.start(SECRET);
    session = await startSession('people.mjpeg', serverOptions(turn, SECRET));
  });

  afterAll(async () => {
    await session?.end();
    await turn?.stop();
  });

  test('with relay only, boxes come by the TURN server, and both ends say so', async () => {
    const { laptop, phones, server } = session;
    const viewer = await openViewer(laptop, server.viewerUrl);
    const phone = await openPhone(phones, await joinLink(viewer.page), { init: keepPeerConnections });
    await untilPainted(viewer.page, 5);
    await openDetails(viewer.page, '#doctor');
    await openDetails(phone.page, '#connection');
    for (const { page } of [viewer, phone]) {
      const line = await untilLine(page, 'path', 'ok', /TURN relay.*relay ↔ relay over UDP/);
      expect(line.remedy).toBeNull();
      await untilLine(page, 'phone-servers', 'ok', /TURN answers/);
    }
    await untilLine(viewer.page, 'viewer-addresses', 'ok', /^1 relay$/);
    await untilText(phone.page, '#status', /^Live\s+Through a TURN server$/);
    const { config } = await viewer.page.evaluate(() => window.sightline.metrics());
    expect(config).toMatchObject({ transport: 'turn' });
    expect(await selectedPair(phone.page)).toMatchObject({ local: 'relay', remote: 'relay' });
    expect([...takeTroubles(viewer), ...takeTroubles(phone)]).toEqual([]);
    await Promise.all([viewer, phone].map(closePage));
  });

  test('with a wrong secret nothing connects, and both ends say why: TURN refused, 401', async () => {
    const wrong = await Server.start(serverOptions(turn, 'another secret'));
    const viewer = await openViewer(session.laptop, wrong.viewerUrl);
    const phone = await openPhone(session.phones, await joinLink(viewer.page));
    await openDetails(phone.page, '#connection');
    // Meanwhile pictures come through the server, so that the panel does not open by itself.
    await openDetails(viewer.page, '#doctor');
    const line = await untilLine(viewer.page, 'viewer-servers', 'bad', /^TURN refused: 401$/);
    expect(line.remedy).toMatch(/secret/);
    await untilLine(viewer.page, 'phone-servers', 'bad', /^TURN refused: 401$/);
    await untilLine(phone.page, 'phone-servers', 'bad', /^TURN refused: 401$/);
    await untilLine(viewer.page, 'viewer-addresses', 'bad', /none found/);
    expect((await stateOf(viewer.page)).connection).not.toBe('live');
    await Promise.all([viewer, phone].map(closePage));
    await wrong.stop();
  });
});
