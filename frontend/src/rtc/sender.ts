// The phone's end of the video: it has the media, so it offers, and offers anew whenever that is needed.
import { randomName } from '../random';
import { type Signal, withStartBitrate } from './negotiation';
import { Peer, type PeerState } from './peer';

export type SenderHandlers = {
  post: (signal: Signal) => void;
  state: (state: PeerState | 'none') => void;
};

/** A viewer that has just arrived says "ready" by itself; offering at once would make two offers of one. */
const OFFER_AFTER_MS = 600;
/** A local network carries this easily; congestion control takes it back within a second where it does not. */
const START_KBPS = 6000;

export class Sender {
  private peer: Peer | undefined;
  private videoSender: RTCRtpSender | undefined;
  private track: MediaStreamTrack | undefined;
  private viewerPresent = false;
  private timer: number | undefined;

  constructor(
    private readonly configuration: () => RTCConfiguration,
    private readonly handlers: SenderHandlers,
  ) {}

  get pc(): RTCPeerConnection | undefined {
    return this.peer?.pc;
  }

  /**
   * A new camera track: swapped into a running connection, else a reason to offer one. Nobody is to wait for either:
   * what a connection still had to do when it was closed never comes to an end, not even to an error.
   */
  use(track: MediaStreamTrack): void {
    this.track = track;
    if (this.healthy && this.videoSender) void this.swap(this.videoSender, track);
    else if (this.viewerPresent) void this.offer();
  }

  viewer(present: boolean): void {
    this.viewerPresent = present;
    clearTimeout(this.timer);
    if (present && !this.healthy) this.offerAfter(OFFER_AFTER_MS);
    // Without a viewer a broken connection has nobody to be mended with; a healthy one plays on.
    if (!present && this.peer && this.peer.state !== 'live') this.end();
  }

  async receive(signal: Signal): Promise<void> {
    if ('ready' in signal) return this.offer();
    const peer = this.peer;
    if (!peer) return;
    if ('answer' in signal && signal.answer.session === peer.session) {
      await peer
        .describe('answer', withStartBitrate(signal.answer.sdp, START_KBPS))
        .catch((error: unknown) => {
          console.warn('an answer was refused', error);
        });
    } else if ('candidate' in signal && signal.candidate.session === peer.session) {
      await peer.candidate(signal.candidate.candidate);
    }
  }

  /** The camera is off: nothing to send any more. */
  stop(): void {
    this.track = undefined;
    this.end();
  }

  private get healthy(): boolean {
    return this.peer !== undefined && this.peer.state !== 'failed';
  }

  private end(): void {
    clearTimeout(this.timer);
    if (!this.peer) return;
    // Without this word the viewer would take a closed connection for a picture that stands still.
    this.handlers.post({ bye: { session: this.peer.session } });
    this.peer.close();
    this.peer = undefined;
    this.videoSender = undefined;
    this.handlers.state('none');
  }

  private async swap(sender: RTCRtpSender, track: MediaStreamTrack): Promise<void> {
    try {
      await sender.replaceTrack(track);
    } catch (error) {
      console.warn('the new track does not fit the connection', error);
      // Otherwise a newer connection has the newest track already.
      if (sender === this.videoSender && track === this.track) this.renew();
    }
  }

  /** Without a viewer nobody would hear an offer. */
  private renew(): void {
    if (this.viewerPresent) void this.offer();
    else this.end();
  }

  private offerAfter(ms: number): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.offer(), ms);
  }

  private async offer(): Promise<void> {
    clearTimeout(this.timer);
    if (!this.track) return;
    this.peer?.close();
    const session = randomName();
    const peer = new Peer(session, this.configuration(), {
      signal: this.handlers.post,
      state: (state) => this.follow(peer, state),
    });
    this.peer = peer;
    this.handlers.state('connecting');
    this.videoSender = peer.pc.addTransceiver(this.track, { direction: 'sendonly' }).sender;
    try {
      await keepResolution(this.videoSender);
      await peer.pc.setLocalDescription();
    } catch (error) {
      // Closed meanwhile by a newer offer: that one counts. Otherwise the patience of `Peer` leads to another try.
      console.warn('an offer could not be made', error);
      return;
    }
    if (peer !== this.peer) return;
    // Candidates are posted after this line's microtask at the earliest, and the channel keeps the order.
    this.handlers.post({ offer: { session, sdp: peer.pc.localDescription?.sdp ?? '' } });
  }

  private follow(peer: Peer, state: PeerState): void {
    if (peer !== this.peer) return;
    this.handlers.state(state);
    if (state === 'failed') this.renew();
  }
}

/**
 * Tells browsers without `contentHint` (Firefox) the same in another way: all pixels, and on a thin line fewer frames.
 * Left alone it begins with a quarter of the pixels and takes many seconds to send them all.
 */
async function keepResolution(sender: RTCRtpSender): Promise<void> {
  if ('contentHint' in MediaStreamTrack.prototype) return;
  try {
    await sender.setParameters({ ...sender.getParameters(), degradationPreference: 'maintain-resolution' });
  } catch (error) {
    console.warn('the video may be sent smaller', error);
  }
}
