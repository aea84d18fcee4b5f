// What each page knows of its own end. The phone's goes to the viewer through the room: no addresses are in it.
import type { ClockReading, DetectorState } from '../detect/messages';
import { isFlag, isNumber, isObject, isOneOf } from '../protocol/parse';
import type { PeerState } from '../rtc/peer';
import type { SeatState } from '../rtc/signalling';

const PEER_STATES = ['connecting', 'live', 'interrupted', 'failed'] as const;
const SEAT_STATES = [
  'none',
  'connecting',
  'open',
  'retrying',
  'taken',
  'replaced',
  'gone',
  'closed',
] as const;
const KINDS = ['host', 'srflx', 'prflx', 'relay'] as const;
const PROTOCOLS = ['udp', 'tcp'] as const;
const NETWORKS = ['wifi', 'ethernet', 'cellular', 'vpn', 'bluetooth', 'wimax'] as const;
const LIMITS = ['none', 'cpu', 'bandwidth', 'other'] as const;
const CAMERAS = [
  'off',
  'asking',
  'on',
  'lost',
  /** Lost as well, and lent again only when a person says so. */
  'asks',
  'insecure',
  'refused',
  'none',
  'busy',
  'unknown',
] as const;
/** Of a page that tells more errors than it can have servers, the first are enough. */
const MAX_ERRORS = 8;
/** Longer than anything that our server says. */
const LONGEST_SENTENCE = 500;

export type CandidateKind = (typeof KINDS)[number];
export type Network = (typeof NETWORKS)[number];
export type Protocol = (typeof PROTOCOLS)[number];
export type Limit = (typeof LIMITS)[number];
export type Camera = (typeof CAMERAS)[number];

/** Own candidates; `hidden` are those of `host` that have a name of the browser's (mDNS) in place of an address. */
export type Candidates = { host: number; hidden: number; srflx: number; relay: number };

/** The pair in use. `network`: the local end's, where the browser tells. */
export type Path = {
  local: CandidateKind;
  remote: CandidateKind;
  protocol: Protocol;
  network: Network | null;
  /** Shown on this page only. */
  addresses: { local: string; remote: string } | null;
};

/** How the video comes to the viewer by itself: from phone to laptop, or by a TURN server. */
export type Way = 'p2p' | 'turn';

export type IceError = { kind: 'stun' | 'turn'; code: number };

/** One attempt to connect, as this end sees it. What was not measured is null. */
export type LinkFacts = {
  state: PeerState;
  /** No more own candidates will come. */
  gathered: boolean;
  candidates: Candidates;
  /** Candidates of the other end. */
  heard: number;
  pairs: { tried: number; working: number };
  path: Path | null;
  errors: IceError[];
  roundTripMs: number | null;
  /** Frames of the video a second: received, or sent. */
  fps: number | null;
  /** Share of the packets that did not arrive. */
  loss: number | null;
};

export type EndFacts = {
  secure: boolean;
  seat: SeatState | 'none';
  /** The server gave no answer when it was asked for the room. */
  unreachable: boolean;
  /** It answered no, for one of its limits; in its words. */
  refusal: string | null;
  /** Round trip of the last signal that was posted. */
  postMs: number | null;
  /** Null: not known yet. */
  servers: { stun: boolean; turn: boolean; relayOnly: boolean } | null;
  /** Null: nothing was tried yet. */
  link: LinkFacts | null;
};

export type PhoneFacts = EndFacts & {
  camera: Camera;
  /** Frames a second that the camera gives. */
  cameraFps: number | null;
  /** What keeps the browser from sending more. */
  limit: Limit | null;
};

/** Pictures that come through the server. `fps`: of late; null: not measured (yet). */
export type Relayed = { fps: number | null };

export type ViewerFacts = EndFacts & {
  phonePresent: boolean;
  /** Null while they do not come this way. */
  relayed: Relayed | null;
  /** Null while there is no detector; `error` is null with one clock only. */
  clock: Pick<ClockReading, 'error'> | null;
  detector: DetectorState | null;
};

/** Null where the browser does not tell the path. */
export function wayOf(path: Path | null): Way | null {
  if (!path) return null;
  return path.local === 'relay' || path.remote === 'relay' ? 'turn' : 'p2p';
}

/** What may leave the page. */
export function withoutAddresses(facts: PhoneFacts): PhoneFacts {
  const { link } = facts;
  if (!link?.path) return facts;
  return { ...facts, link: { ...link, path: { ...link.path, addresses: null } } };
}

/** Whatever else a phone may send, only what has exactly these types is believed. */
export function parsePhoneFacts(value: unknown): PhoneFacts | null {
  if (!isObject(value)) return null;
  const { secure, seat, unreachable, refusal, postMs, servers, link, camera, cameraFps, limit } = value;
  const known =
    areFlags(secure, unreachable) &&
    (refusal === null || isSentence(refusal)) &&
    isOneOf(SEAT_STATES, seat) &&
    isOneOf(CAMERAS, camera) &&
    (limit === null || isOneOf(LIMITS, limit)) &&
    [postMs, cameraFps].every(isMeasure) &&
    (servers === null || isServers(servers)) &&
    (link === null || isLink(link));
  return known ? withoutAddresses(value as PhoneFacts) : null;
}

function isServers(value: unknown): boolean {
  return isObject(value) && areFlags(value.stun, value.turn, value.relayOnly);
}

function isLink(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { state, gathered, candidates, heard, pairs, path, errors, roundTripMs, fps, loss } = value;
  return (
    isOneOf(PEER_STATES, state) &&
    areFlags(gathered) &&
    isObject(candidates) &&
    isObject(pairs) &&
    [candidates.host, candidates.hidden, candidates.srflx, candidates.relay].every(isCount) &&
    [pairs.tried, pairs.working, heard].every(isCount) &&
    [roundTripMs, fps, loss].every(isMeasure) &&
    (path === null || isPath(path)) &&
    Array.isArray(errors) &&
    errors.length <= MAX_ERRORS &&
    errors.every(isIceError)
  );
}

function isPath(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { local, remote, protocol, network } = value;
  return (
    isOneOf(KINDS, local) &&
    isOneOf(KINDS, remote) &&
    isOneOf(PROTOCOLS, protocol) &&
    (network === null || isOneOf(NETWORKS, network))
  );
}

const isIceError = (value: unknown) =>
  isObject(value) && isOneOf(['stun', 'turn'], value.kind) && isCount(value.code);
const isSentence = (value: unknown) => typeof value === 'string' && value.length <= LONGEST_SENTENCE;
const areFlags = (...values: unknown[]) => values.every(isFlag);
const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
const isMeasure = (value: unknown) => value === null || isNumber(value);

/** The choice that this is, if it is one: browsers tell more than we have words for. */
export const networkOf = (value: unknown): Network | null => (isOneOf(NETWORKS, value) ? value : null);
export const kindOf = (value: unknown): CandidateKind | null => (isOneOf(KINDS, value) ? value : null);
export const limitOf = (value: unknown): Limit | null => (isOneOf(LIMITS, value) ? value : null);
export const addError = (errors: IceError[], error: IceError): void => {
  const known = errors.some(({ kind, code }) => kind === error.kind && code === error.code);
  if (!known && errors.length < MAX_ERRORS) errors.push(error);
};
