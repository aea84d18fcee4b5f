// A server, a laptop and a phone, and everything closed again at the end.
import type { Browser } from 'playwright-core';
import { type Clip, launchLaptop, launchPhone } from './chrome';
import { Relay } from './relay';
import { Server } from './server';

export type Session = {
  server: Server;
  relay: Relay;
  laptop: Browser;
  phones: Browser;
  end: () => Promise<void>;
};

export async function startSession(clip: Clip): Promise<Session> {
  const [server, laptop, phones] = await Promise.all([Server.start(), launchLaptop(), launchPhone(clip)]);
  const relay = await Relay.start(server.port);
  const end = async () => {
    relay.stop();
    await Promise.all([laptop.close(), phones.close(), server.stop()]);
  };
  return { server, relay, laptop, phones, end };
}
