// What the two pages say to each other through the room. The server never reads it.
import { type PhoneFacts, parsePhoneFacts } from '../doctor/facts';
import { isObject } from '../protocol/parse';
import {
  type Adjust,
  type CameraReport,
  isAdjust,
  isCameraReport,
  isSeen,
  type Seen,
} from './camera-signals';

export type Signal =
  /** viewer → phone: please offer. */
  | { ready: Record<string, never> }
  | { offer: { session: string; sdp: string } }
  | { answer: { session: string; sdp: string } }
  /** `null` ends the list of candidates. */
  | { candidate: { session: string; candidate: RTCIceCandidateInit | null } }
  /** phone → viewer: the camera is off, nothing more comes. */
  | { bye: { session: string } }
  /** phone → viewer: how its end of the connection is, for the doctor. */
  | { facts: PhoneFacts }
  /** viewer → phone: please tell your facts. */
  | { ask_facts: Record<string, never> }
  | { camera: CameraReport }
  | { adjust: Adjust }
  | { seen: Seen }
  /** viewer → phone: no video arrives, please send pictures through the server. */
  | { relay: Record<string, never> };

const isSession = (value: unknown) => typeof value === 'string' && value.length > 0 && value.length <= 64;

function isDescription(value: unknown): boolean {
  return isObject(value) && isSession(value.session) && typeof value.sdp === 'string';
}

function isCandidate(value: unknown): boolean {
  if (!isObject(value) || !isSession(value.session)) return false;
  const { candidate } = value;
  return candidate === null || (isObject(candidate) && typeof candidate.candidate === 'string');
}

/** The signal a payload holds, or null when it is none of ours. */
export function parseSignal(payload: unknown): Signal | null {
  // One kind each: whoever looks for another kind in it must not find what nobody checked.
  if (!isObject(payload) || Object.keys(payload).length !== 1) return null;
  const facts = parsePhoneFacts(payload.facts);
  if (facts) return { facts };
  const known =
    isObject(payload.ready) ||
    isDescription(payload.offer) ||
    isDescription(payload.answer) ||
    isCandidate(payload.candidate) ||
    isObject(payload.ask_facts) ||
    (isObject(payload.bye) && isSession(payload.bye.session)) ||
    isCameraReport(payload.camera) ||
    isAdjust(payload.adjust) ||
    ('seen' in payload && isSeen(payload.seen)) ||
    isObject(payload.relay);
  return known ? (payload as Signal) : null;
}

/**
 * Takes the video-orientation extension out of an offer. A phone that may not tell its orientation turns
 * the pixels itself, so a turned phone changes videoWidth and videoHeight, and every consumer sees upright frames.
 */
export function withoutOrientation(sdp: string): string {
  return sdp.replace(/^a=extmap:[^\r\n]*urn:3gpp:video-orientation[^\r\n]*\r?\n/gm, '');
}

/**
 * Tells a Chromium sender, in the answer it gets, how fast the line is believed to be before it has measured it.
 * Left alone it begins at 300 kbit/s and spreads every frame's packets over up to 20 ms to match; the receiver
 * takes that for jitter and holds 30 to 90 ms of video for as long as the call lasts. Other browsers skip it.
 */
export function withStartBitrate(sdp: string, kbps: number): string {
  const wish = `x-google-start-bitrate=${kbps}`;
  const video = /^m=video(?:(?!^m=)[\s\S])*/m;
  return sdp.replace(video, (section) => {
    let changed = section;
    for (const [, type] of section.matchAll(/^a=rtpmap:(\d+) (?:VP8|VP9|H264|H265|AV1)\//gm)) {
      const known = new RegExp(`^a=fmtp:${type} [^\\r\\n]+`, 'm');
      const codec = new RegExp(`^a=rtpmap:${type} [^\\r\\n]+`, 'm');
      changed = known.test(changed)
        ? changed.replace(known, (line) => `${line};${wish}`)
        : changed.replace(codec, (line) => `${line}\r\na=fmtp:${type} ${wish}`);
    }
    return changed;
  });
}

/**
 * Candidates that came before the description of their session. Bounded: a page that only ever sends
 * candidates can not fill our memory.
 */
export class EarlyCandidates {
  private waiting: { session: string; candidate: RTCIceCandidateInit | null }[] = [];

  constructor(private readonly limit = 64) {}

  add(session: string, candidate: RTCIceCandidateInit | null): void {
    this.waiting.push({ session, candidate });
    if (this.waiting.length > this.limit) this.waiting.shift();
  }

  /** Hands over what came for this session and forgets all others: only one session lives at a time. */
  take(session: string): (RTCIceCandidateInit | null)[] {
    const mine = this.waiting.filter((entry) => entry.session === session);
    this.waiting = [];
    return mine.map((entry) => entry.candidate);
  }
}
