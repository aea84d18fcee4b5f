// Follows one end's connection through all its attempts.
import type { PeerState } from '../rtc/peer';
import { addError, type Candidates, type IceError, type LinkFacts, type Way, wayOf } from './facts';
import { type Reading, rates, readStats } from './read-stats';

/** Rates are told over this time. */
const WINDOW_MS = 5000;
/** Below this they would jump with every frame. */
const LEAST_MS = 900;
/** An attempt that was replaced this late had come to nothing. */
const HOPELESS_AFTER_MS = 4000;

class Attempt {
  readonly begun = performance.now();
  readonly candidates: Candidates = { host: 0, hidden: 0, srflx: 0, relay: 0 };
  readonly errors: IceError[] = [];
  private readonly counted = new Set<string>();
  state: PeerState = 'connecting';
  readings: Reading[] = [];

  constructor(readonly pc: RTCPeerConnection) {
    pc.addEventListener('icecandidate', ({ candidate }) => this.count(candidate));
    pc.addEventListener('icecandidateerror', (event) => {
      const { url, errorCode } = event as RTCPeerConnectionIceErrorEvent;
      addError(this.errors, { kind: url.startsWith('turn') ? 'turn' : 'stun', code: errorCode });
    });
  }

  private count(candidate: RTCIceCandidate | null): void {
    const type = candidate?.type;
    if (type !== 'host' && type !== 'srflx' && type !== 'relay') return;
    // Firefox tells each of them twice.
    const name = [type, candidate?.protocol, candidate?.address, candidate?.port].join();
    if (this.counted.has(name)) return;
    this.counted.add(name);
    this.candidates[type] += 1;
    if (type === 'host' && candidate?.address?.endsWith('.local')) this.candidates.hidden += 1;
  }

  async look(): Promise<void> {
    const { pc } = this;
    if (pc.connectionState === 'closed') return;
    const reading = readStats(await pc.getStats());
    // Closing took the pairs away: what was seen before tells more.
    if ((pc.connectionState as RTCPeerConnectionState) === 'closed') return;
    this.readings = this.readings.filter(({ at }) => reading.at - at <= WINDOW_MS);
    this.readings.push(reading);
  }

  get facts(): LinkFacts {
    const { readings, state, candidates, errors } = this;
    const [first, last] = [readings[0], readings.at(-1)];
    const long = first && last && last.at - first.at >= LEAST_MS;
    return {
      state,
      gathered: this.pc.iceGatheringState === 'complete',
      candidates: { ...candidates },
      heard: last?.heard ?? 0,
      pairs: last?.pairs ?? { tried: 0, working: 0 },
      path: last?.path ?? null,
      errors: [...errors],
      roundTripMs: last?.roundTripMs ?? null,
      ...(long ? rates(first, last) : { fps: null, loss: null }),
    };
  }
}

export class LinkWatch {
  private attempt: Attempt | null = null;
  /** While a new attempt is under way, what the last one came to is still the best news. */
  private failed: LinkFacts | null = null;

  /** As the peer tells of itself; `pc` is the one that it tells of. */
  note(state: PeerState | 'none', pc: RTCPeerConnection | undefined): void {
    if (state === 'none' || !pc) {
      this.attempt = null;
      this.failed = null;
      return;
    }
    if (pc !== this.attempt?.pc) this.begin(pc);
    const attempt = this.attempt as Attempt;
    attempt.state = state;
    if (state === 'failed') this.failed = attempt.facts;
    if (state === 'live') this.failed = null;
  }

  async look(): Promise<void> {
    await this.attempt?.look();
  }

  /** Null: nothing was tried yet. */
  get facts(): LinkFacts | null {
    if (this.failed && this.attempt?.state !== 'live') return this.failed;
    return this.attempt?.facts ?? null;
  }

  get newest(): Reading | null {
    return this.attempt?.readings.at(-1) ?? null;
  }

  /** Null before the first look. */
  get way(): Way | null {
    return wayOf(this.newest?.path ?? null);
  }

  private begin(pc: RTCPeerConnection): void {
    const last = this.attempt;
    // The other end may lose patience first: its new offer ends an attempt that has not failed here yet.
    if (last?.state === 'connecting' && performance.now() - last.begun > HOPELESS_AFTER_MS) {
      this.failed = { ...last.facts, state: 'failed' };
    }
    this.attempt = new Attempt(pc);
  }
}
