// From facts to findings: pure, so that each finding and its remedy can be tested.
import { type Check, check, type Finding, unknown, waiting } from './check';
import { addresses, camera, type End, secure, servers, signalling } from './end-checks';
import type { EndFacts, PhoneFacts, Relayed, ViewerFacts } from './facts';
import { clock, detector, frames, loss, path, paths, roundTrip } from './link-checks';

/** `phone`: what it told last, null when it told nothing. */
export type Facts = { viewer: ViewerFacts; phone: PhoneFacts | null };

/** Both ends, for the viewer. */
export function diagnose({ viewer, phone }: Facts): Check[] {
  const { link, relayed } = viewer;
  const silence = whySilent(viewer, phone);
  const heard = silence ? null : phone;
  return [
    ...ofEnd('viewer', viewer),
    ...(heard ? ofPhone(heard) : [check('phone', 'facts', 'Phone', silence as Finding)]),
    check('between', 'pairs', 'Paths tried', paths(link)),
    check('between', 'path', 'Path in use', path(link, relayed)),
    check('between', 'round-trip', 'Round trip', roundTrip(link, relayed)),
    check('between', 'loss', 'Packet loss', loss(link, relayed)),
    check('between', 'frames', 'Frames received', frames(link, heard, relayed)),
    check('between', 'clock', 'Clock error', clock(viewer.clock)),
    check('between', 'detector', 'Detector', detector(viewer.detector)),
  ];
}

/** One end only, for the phone. */
export function diagnosePhone(phone: PhoneFacts, relaying: boolean): Check[] {
  const { link } = phone;
  const relayed: Relayed | null = relaying ? { fps: null } : null;
  return [
    ...ofPhone(phone),
    check('between', 'pairs', 'Paths tried', paths(link)),
    check('between', 'path', 'Path in use', path(link, relayed)),
    check('between', 'round-trip', 'Round trip', roundTrip(link, relayed)),
    check('between', 'frames', 'Frames sent', frames(link, phone, relayed)),
  ];
}

/** Why there is nothing to say of the phone; null when it told of itself. */
function whySilent(viewer: ViewerFacts, phone: PhoneFacts | null): Finding | null {
  if (viewer.seat !== 'open') return unknown('not heard without signalling');
  if (!viewer.phonePresent) return waiting('none has joined yet');
  return phone ? null : unknown('it does not tell of itself');
}

function ofPhone(facts: PhoneFacts): Check[] {
  const [first, ...rest] = ofEnd('phone', facts);
  return [first as Check, check('phone', 'camera', 'Camera', camera(facts.camera)), ...rest];
}

function ofEnd(end: End, facts: EndFacts): Check[] {
  const helpers = servers(facts);
  return [
    check(end, 'secure', 'Secure page', secure(facts, end)),
    check(end, 'signalling', 'Signalling', signalling(facts)),
    check(end, 'addresses', 'Addresses', addresses(facts, end)),
    ...(helpers ? [check(end, 'servers', 'ICE servers', helpers)] : []),
  ];
}

/** The whole in a word or two. */
export function summary(checks: Check[]): string {
  const count = (state: Check['state']) => checks.filter((each) => each.state === state).length;
  const problems = count('bad');
  if (problems > 0) return problems === 1 ? '1 problem' : `${problems} problems`;
  if (count('waiting') > 0) return 'waiting';
  return count('unknown') > 0 ? 'no problem seen' : 'all well';
}
