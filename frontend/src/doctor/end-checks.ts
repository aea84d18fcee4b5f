// What can be said of one end by itself.
import { bad, type Finding, ok, unknown, waiting } from './check';
import type { Camera, EndFacts, LinkFacts } from './facts';

export type End = 'viewer' | 'phone';

const total = ({ host, srflx, relay }: LinkFacts['candidates']) => host + srflx + relay;

export function secure({ secure }: EndFacts, end: End): Finding {
  if (secure) return ok('yes');
  const remedy =
    end === 'phone'
      ? 'Open this page by its https:// address: scan the QR code again.'
      : 'On this computer open http://localhost with the server’s port, elsewhere the https:// address.';
  return bad('no', remedy);
}

const CAMERA: Record<Camera, Finding> = {
  on: ok('on'),
  off: waiting('not started: tap Start camera on the phone'),
  asking: waiting('the browser asks whether it may'),
  lost: bad(
    'taken away',
    'Unlock the phone and end the call or app that has the camera: it comes back by itself.',
  ),
  asks: bad(
    'taken away, and needs a tap',
    'Tap Try again on the phone; if its browser does not ask, allow the camera in its settings for this page.',
  ),
  refused: bad(
    'not allowed',
    'Allow the camera in the browser’s settings for this page, then tap Try again.',
  ),
  none: bad('none found', 'Open the link on a phone, or connect a camera.'),
  busy: bad('busy', 'Close the other app or tab that uses the camera, then tap Try again.'),
  insecure: bad(
    'not lent to insecure pages',
    'Open the page by its https:// address: scan the QR code again.',
  ),
  unknown: bad('did not start', 'Tap Try again; if it stays so, restart the phone’s browser.'),
};

export const camera = (state: Camera): Finding => CAMERA[state];

export function signalling({ seat, unreachable, refusal, postMs }: EndFacts): Finding {
  if (refusal !== null) return bad('the server refuses', `${refusal} It is tried again by itself.`);
  if (unreachable || seat === 'retrying') {
    const remedy =
      'See that Sightline still runs and that this device is on its network: it is tried again by itself.';
    return bad('the server does not answer', remedy);
  }
  if (seat === 'gone') return bad('the link has expired', 'Scan the QR code on the laptop again.');
  if (seat === 'taken') return bad('another phone is the camera', 'Tap Use this phone instead.');
  if (seat === 'replaced') return bad('another page took this place', 'Take it back by this page’s button.');
  if (seat === 'open') return ok(postMs === null ? 'open' : `open, ${postMs.toFixed(0)} ms`);
  return waiting('joining the room');
}

/** `hidden`: a name of the browser's stands for the address, which only some networks look up. */
export function addresses({ link, servers }: EndFacts, end: End): Finding {
  if (!link) return waiting('looked for once the camera is on');
  const { host, hidden, srflx, relay } = link.candidates;
  if (total(link.candidates) === 0) {
    if (!link.gathered && link.state !== 'failed') return waiting('looking');
    const remedy = servers?.relayOnly
      ? 'With --ice-policy relay only a TURN server gives addresses: mend the TURN server.'
      : 'Connect this device to a network: its browser found no address.';
    return bad('none found', remedy);
  }
  const kinds = [`${host} host`, `${srflx} srflx`, `${relay} relay`].filter((kind) => !kind.startsWith('0'));
  const value = hidden > 0 ? `${kinds.join(', ')} (${hidden} mDNS)` : kinds.join(', ');
  if (end === 'phone' && link.state === 'failed' && hidden === host && srflx + relay === 0) {
    const remedy =
      'Allow the camera first: until then the browser hides this device’s address, and not every network finds it.';
    return bad('hidden by the browser (mDNS only)', remedy);
  }
  return ok(value);
}

/** Null where there is no server to speak of. */
export function servers({ servers: known, link }: EndFacts): Finding | null {
  if (!known) return unknown('not known yet');
  if (!known.stun && !known.turn) return null;
  if (!link) return waiting('asked once the camera is on');
  const { relay, srflx } = link.candidates;
  if (known.turn) {
    const failure = relay === 0 ? turnFailure(link) : null;
    if (failure) return failure;
    return relay > 0 ? ok(`TURN answers, ${relay} relay`) : waiting('asking TURN');
  }
  if (srflx > 0) return ok('STUN answers');
  if (!link.gathered) return waiting('asking STUN');
  const error = link.errors.find(({ kind }) => kind === 'stun');
  if (!error) return unknown('STUN found no other address than the own');
  if (link.state === 'live') return ok(`STUN does not answer (${error.code}), nor is it needed`);
  return bad(
    `STUN does not answer (${error.code})`,
    'Check the address in --ice-server, and this device’s way to the internet.',
  );
}

/** What RFC 8656 lets a server say to wrong credentials. */
const REFUSALS = [401, 403, 438, 441];
const NOT_REACHED = 701;

function turnFailure({ errors, gathered, state }: LinkFacts): Finding | null {
  const told = errors.filter(({ kind }) => kind === 'turn').map(({ code }) => code);
  const refused = told.find((code) => REFUSALS.includes(code));
  if (refused !== undefined) {
    return bad(
      `TURN refused: ${refused}`,
      'Give Sightline the TURN server’s own secret (or user and password), and compare the two clocks.',
    );
  }
  if (!gathered && state !== 'failed') return null;
  if (told.includes(NOT_REACHED) || told.length === 0) {
    if (state === 'live') return ok('TURN does not answer, nor is it needed');
    return bad(
      `TURN does not answer${told.length > 0 ? ` (${NOT_REACHED})` : ''}`,
      'Check the address in --ice-server, that the TURN server runs, and the firewalls before it.',
    );
  }
  return bad(`TURN failed: ${told.join(', ')}`, 'Look into the TURN server’s log for this code.');
}
