// One RTCPeerConnection for one session: candidates out, candidates in, and one word for its health.
import { EarlyCandidates, type Signal } from './negotiation';

export type PeerState = 'connecting' | 'live' | 'interrupted' | 'failed';

export type PeerHandlers = {
  signal: (signal: Signal) => void;
  state: (state: PeerState) => void;
};

/** ICE often heals within a moment; only a longer break is worth a new offer. */
const DISCONNECT_PATIENCE_MS = 2000;
/** A description that nobody answers, or candidates that never meet, are tried anew after this. */
const CONNECT_PATIENCE_MS = 8000;

export class Peer {
  readonly pc: RTCPeerConnection;
  private readonly early = new EarlyCandidates();
  private described = false;
  private closed = false;
  private timer: number | undefined;
  state: PeerState = 'connecting';

  constructor(
    readonly session: string,
    configuration: RTCConfiguration,
    private readonly handlers: PeerHandlers,
  ) {
    this.pc = new RTCPeerConnection(configuration);
    this.pc.onicecandidate = ({ candidate }) => {
      handlers.signal({ candidate: { session, candidate: candidate ? candidate.toJSON() : null } });
    };
    this.pc.onconnectionstatechange = () => this.follow();
    this.failAfter(CONNECT_PATIENCE_MS);
  }

  /** Sets the other side's description, then the candidates that were faster than it. */
  async describe(type: 'offer' | 'answer', sdp: string): Promise<void> {
    await this.pc.setRemoteDescription({ type, sdp });
    this.described = true;
    for (const candidate of this.early.take(this.session)) await this.addCandidate(candidate);
  }

  async candidate(candidate: RTCIceCandidateInit | null): Promise<void> {
    if (this.described) await this.addCandidate(candidate);
    else this.early.add(this.session, candidate);
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.pc.close();
  }

  private async addCandidate(candidate: RTCIceCandidateInit | null): Promise<void> {
    if (this.closed) return;
    try {
      await this.pc.addIceCandidate(candidate);
    } catch (error) {
      // One useless candidate (an address family we lack, say) does not end the call: others may do.
      console.warn('a candidate was refused', error);
    }
  }

  private follow(): void {
    const now = this.pc.connectionState;
    if (now === 'connected') this.enter('live');
    else if (now === 'failed' || now === 'closed') this.enter('failed');
    else if (now === 'disconnected') {
      this.enter('interrupted');
      this.failAfter(DISCONNECT_PATIENCE_MS);
    }
  }

  private failAfter(ms: number): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.enter('failed'), ms);
  }

  private enter(state: PeerState): void {
    if (this.closed || this.state === state) return;
    clearTimeout(this.timer);
    this.state = state;
    this.handlers.state(state);
  }
}
