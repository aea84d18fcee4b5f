// What can be said of the way between the two ends.
import type { DetectorState } from '../detect/messages';
import { bad, type Finding, ok, unknown, waiting } from './check';
import {
  type LinkFacts,
  type Network,
  type Path,
  type PhoneFacts,
  type Relayed,
  type ViewerFacts,
  wayOf,
} from './facts';

/** More than this is felt in the boxes. */
const SLOW_MS = 300;
const LOSSY = 0.05;
/** Fewer frames than the sampler's slow rates. */
const FEW_FPS = 8;
const DARK_FPS = 12;
const WRONG_MS = 50;

const NEARER = 'Bring both nearer to the access point, or use 5 GHz Wi-Fi, or a cable for the laptop.';

export function paths(link: LinkFacts | null): Finding {
  if (!link) return waiting('none yet');
  const { pairs, state } = link;
  const count = `${pairs.working} of ${pairs.tried} work`;
  if (state === 'live') return ok(count);
  if (state === 'failed')
    return bad(pairs.working > 0 ? 'broken' : `none of ${pairs.tried} works`, why(link));
  if (state === 'interrupted') return waiting('broken just now');
  return waiting(pairs.tried > 0 ? count : 'waiting for addresses');
}

function why({ pairs, candidates, heard }: LinkFacts): string {
  if (pairs.working > 0) return 'See that the phone’s page is open and its network there: it is tried again.';
  if (candidates.host + candidates.srflx + candidates.relay === 0) {
    return 'This end has no address to try from: mend its addresses first.';
  }
  if (heard === 0) return 'The other end sent no address: mend its addresses first.';
  if (candidates.relay > 0) {
    return 'The TURN server lets both in, but passes nothing on: check its relay address, ports and peer rules.';
  }
  return 'Phone and laptop cannot reach each other (guest network, client isolation or VPN), so pictures go through the server, which is slower: put both on one ordinary Wi-Fi, or name a TURN server by --ice-server.';
}

const NETWORKS: Record<Network, string> = {
  wifi: 'Wi-Fi',
  ethernet: 'cable',
  cellular: 'mobile network',
  vpn: 'VPN',
  bluetooth: 'Bluetooth',
  wimax: 'WiMAX',
};

export function path(link: LinkFacts | null, relayed: Relayed | null): Finding {
  if (relayed) return ok('Through the server, which takes a little longer');
  if (link?.state !== 'live') return waiting('none yet');
  return link.path ? ok(pathWords(link.path)) : unknown('this browser does not tell');
}

function pathWords(path: Path): string {
  const { local, remote, protocol, network, addresses } = path;
  const how = wayOf(path) === 'turn' ? 'By the TURN relay, which takes a little longer' : 'Straight';
  const via = network ? `, by ${NETWORKS[network]}` : '';
  const where = addresses ? `; ${addresses.local} ↔ ${addresses.remote}` : '';
  return `${how}: ${local} ↔ ${remote} over ${protocol.toUpperCase()}${via}${where}`;
}

/** A figure of a connection that stands: before that it is waited for, and a browser may not tell it. */
function figure(link: LinkFacts | null, value: number | null, judge: (value: number) => Finding): Finding {
  if (link?.state !== 'live') return waiting('none yet');
  return value === null ? unknown('not measured') : judge(value);
}

/** Of the direct way, which may be under trial still. */
const PASSED_ON = unknown('not measured: the server passes the pictures on');

export function roundTrip(link: LinkFacts | null, relayed: Relayed | null): Finding {
  if (relayed) return PASSED_ON;
  return figure(link, link?.roundTripMs ?? null, (ms) => {
    const told = `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
    return ms > SLOW_MS ? bad(told, NEARER) : ok(told);
  });
}

export function loss(link: LinkFacts | null, relayed: Relayed | null): Finding {
  if (relayed) return PASSED_ON;
  return figure(link, link?.loss ?? null, (share) => {
    const told = `${(100 * share).toFixed(1)} %`;
    return share > LOSSY ? bad(told, NEARER) : ok(told);
  });
}

/** `link` is the viewer's end, or the phone's own; `phone` tells why there are few. */
export function frames(link: LinkFacts | null, phone: PhoneFacts | null, relayed: Relayed | null): Finding {
  if (relayed) return relayedFrames(relayed, phone);
  return figure(link, link?.fps ?? null, (fps) => {
    const told = `${fps.toFixed(1)} /s`;
    return fps < FEW_FPS ? bad(told, whyFew(fps, phone)) : ok(told);
  });
}

/** Fewer than by the direct way is no fault here; only none is. */
function relayedFrames({ fps }: Relayed, phone: PhoneFacts | null): Finding {
  if (fps === null) return unknown('relayed, not measured');
  const told = `${fps.toFixed(1)} /s, relayed`;
  return fps === 0 ? bad(told, whyFew(fps, phone)) : ok(told);
}

function whyFew(fps: number, phone: PhoneFacts | null): string {
  if (fps === 0) return 'Wake the phone’s screen and bring its page to the front.';
  if (phone?.limit === 'cpu') return 'The phone cannot keep up: let it cool, charge it, close other apps.';
  if (phone?.limit === 'bandwidth') return NEARER;
  if (phone && phone.cameraFps !== null && phone.cameraFps < DARK_FPS) {
    return 'The camera itself films slowly, as in the dark: give it more light.';
  }
  return 'Give the camera more light, and a hot phone a rest: both make it film slowly.';
}

export function clock(reading: ViewerFacts['clock']): Finding {
  if (!reading) return waiting('no detector yet');
  if (reading.error === null) return ok('none: one clock only');
  const told = `± ${reading.error.toFixed(1)} ms`;
  if (reading.error <= WRONG_MS) return ok(told);
  return bad(
    told,
    'The shown latencies may be wrong by that: use a quicker network to the server, or wait until it is less busy.',
  );
}

export function detector(state: DetectorState | null): Finding {
  if (!state || state.kind === 'connecting') return waiting('connecting');
  if (state.kind === 'ready') return ok(state.words);
  if (state.kind === 'lost') {
    return bad('no connection', 'See that Sightline still runs: it is tried again by itself.');
  }
  if (state.kind === 'failed') return bad(state.message, 'Press Retry above, or choose another mode below.');
  return waiting(state.kind === 'loading' ? 'loading' : 'warming up');
}
