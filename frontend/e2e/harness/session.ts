// A server, a laptop and a phone, and everything closed again at the end.
import type { Browser } from 'playwright-core';
import { type Clip, launchLaptop, launchPhone } from './chrome';
import { Relay } from './relay';
import { Server, type ServerOptions } from './server';

export type Session = {
  server: Server;
  relay: Relay;
  laptop: Browser;
  phones: Browser;
  end: () => Promise<void>;
};

export async function startSession(clip: Clip, options: ServerOptions = {}): Promise<Session> {
  const starts = [Server.start(options), launchLaptop(), launchPhone(clip)] as const;
  const [server, laptop, phones] = await Promise.all(starts);
  const relay = await Relay.start(server.port);
  const end = async () => {
    relay.stop();
    await Promise.all([laptop.close(), phones.close(), server.stop()]);
  };
  return { server, relay, laptop, phones, end };
}
