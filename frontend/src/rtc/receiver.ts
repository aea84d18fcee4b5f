// The viewer's end of the video: answers every offer, and asks for one when it has nothing live.
import { EarlyCandidates, type Signal, withoutOrientation } from './negotiation';
import { Peer, type PeerState } from './peer';

export type ReceiverHandlers = {
  post: (signal: Signal) => void;
  state: (state: PeerState | 'none') => void;
  track: (track: MediaStreamTrack, receiver: RTCRtpReceiver) => void;
};

/** A phone that has just arrived usually offers by itself; asking at once would make it offer twice. */
const ASK_AFTER_MS = 900;
/** A lost "please offer" is said again. */
const ASK_AGAIN_MS = 6000;

export class Receiver {
  private peer: Peer | undefined;
  private timer: number | undefined;
  private phonePresent = false;
  /** Of sessions whose offer has not come yet. */
  private readonly early = new EarlyCandidates();

  constructor(
    private readonly configuration: () => RTCConfiguration,
    private readonly handlers: ReceiverHandlers,
  ) {}

  get pc(): RTCPeerConnection | undefined {
    return this.peer?.pc;
  }

  get state(): PeerState | 'none' {
    return this.peer?.state ?? 'none';
  }

  /** `now`: this page has just been loaded, so a phone that is there does not know about us. */
  phone(present: boolean, now: boolean): void {
    this.phonePresent = present;
    clearTimeout(this.timer);
    if (present && this.state !== 'live') this.askAfter(now ? 0 : ASK_AFTER_MS);
  }

  async receive(signal: Signal): Promise<void> {
    if ('offer' in signal) await this.answer(signal.offer.session, signal.offer.sdp);
    else if ('candidate' in signal) await this.candidate(signal.candidate);
    else if ('bye' in signal && signal.bye.session === this.peer?.session) this.close();
  }

  /** Ends the connection; the last picture is no longer live. */
  close(): void {
    clearTimeout(this.timer);
    if (!this.peer) return;
    this.peer.close();
    this.peer = undefined;
    this.handlers.state('none');
  }

  private async candidate({
    session,
    candidate,
  }: {
    session: string;
    candidate: RTCIceCandidateInit | null;
  }) {
    if (session === this.peer?.session) await this.peer.candidate(candidate);
    else this.early.add(session, candidate);
  }

  private async answer(session: string, sdp: string): Promise<void> {
    clearTimeout(this.timer);
    this.peer?.close();
    const peer = new Peer(session, this.configuration(), {
      signal: this.handlers.post,
      state: (state) => this.follow(peer, state),
    });
    this.peer = peer;
    this.handlers.state('connecting');
    for (const candidate of this.early.take(session)) void peer.candidate(candidate);
    peer.pc.ontrack = ({ track, receiver }) => {
      if (track.kind !== 'video' || peer !== this.peer) return;
      // We want the newest frame, not smooth motion.
      receiver.jitterBufferTarget = 0;
      this.handlers.track(track, receiver);
    };
    try {
      await peer.describe('offer', withoutOrientation(sdp));
      await peer.pc.setLocalDescription();
    } catch (error) {
      if (peer !== this.peer) return;
      console.warn('an offer could not be answered', error);
      this.follow(peer, 'failed');
      return;
    }
    if (peer !== this.peer) return;
    this.handlers.post({ answer: { session, sdp: peer.pc.localDescription?.sdp ?? '' } });
  }

  private follow(peer: Peer, state: PeerState): void {
    if (peer !== this.peer) return;
    if (state === 'live') clearTimeout(this.timer);
    this.handlers.state(state);
    // The phone sees the same break and offers anew; ask only when it does not.
    if (state === 'failed') this.askAfter(ASK_AFTER_MS);
  }

  private askAfter(ms: number): void {
    clearTimeout(this.timer);
    if (!this.phonePresent) return;
    this.timer = window.setTimeout(() => {
      this.handlers.post({ ready: {} });
      this.askAfter(ASK_AGAIN_MS);
    }, ms);
  }
}
