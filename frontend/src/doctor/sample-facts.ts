// Both ends of a connection that is well, for tests to spoil.
import type { LinkFacts, PhoneFacts, ViewerFacts } from './facts';

export const link: LinkFacts = {
  state: 'live',
  gathered: true,
  candidates: { host: 2, hidden: 0, srflx: 0, relay: 0 },
  heard: 2,
  pairs: { tried: 4, working: 1 },
  path: { local: 'host', remote: 'host', protocol: 'udp', network: 'wifi', addresses: null },
  errors: [],
  roundTripMs: 4,
  fps: 29.9,
  loss: 0.001,
};

const end = {
  secure: true,
  seat: 'open' as const,
  unreachable: false,
  refusal: null,
  postMs: 12,
  servers: { stun: false, turn: false, relayOnly: false },
  link,
};

export const viewer: ViewerFacts = {
  ...end,
  phonePresent: true,
  relayed: null,
  clock: { error: 1.5 },
  detector: { kind: 'ready', words: 'server' },
};

export const phone: PhoneFacts = { ...end, camera: 'on', cameraFps: 30, limit: 'none' };

/** An attempt that came to nothing. */
export const failed: LinkFacts = {
  ...link,
  state: 'failed',
  pairs: { tried: 4, working: 0 },
  path: null,
  roundTripMs: null,
  fps: null,
  loss: null,
};
