// What a phone knows whose video goes straight to the viewer, for tests.
import type { Knowledge } from './status';

export const live: Knowledge = {
  camera: { kind: 'on' },
  seat: 'open',
  unreachable: false,
  refusal: null,
  viewerPresent: true,
  peer: 'live',
  way: 'p2p',
  relaying: false,
};
