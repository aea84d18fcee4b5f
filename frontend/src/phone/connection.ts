// The phone's own end of the connection in plain words, here and for the viewer's doctor.

import { CheckList } from '../doctor/check-list';
import { diagnosePhone, summary } from '../doctor/diagnose';
import { type Camera, type PhoneFacts, type Way, withoutAddresses } from '../doctor/facts';
import { LinkWatch } from '../doctor/link-watch';
import { Reporter } from '../doctor/reporter';
import { byId, write } from '../dom';
import type { PeerState } from '../rtc/peer';
import type { CameraState } from './status';

const LOOK_EVERY_MS = 2000;

export type ConnectionHandlers = {
  /** This page's own facts, but for those that are read from its link. */
  look: () => Omit<PhoneFacts, 'link' | 'cameraFps' | 'limit'>;
  /** The video goes another way than was told before, or it is known now which. */
  way: (way: Way | null) => void;
  /** Pictures reach the viewer through the server. */
  relaying: () => boolean;
  /** Whether a viewer is there to be told. */
  heard: () => boolean;
  post: (facts: PhoneFacts) => void;
};

export class Connection {
  private readonly link = new LinkWatch();
  private way: Way | null = null;
  private readonly panel = byId<HTMLDetailsElement>('connection');
  private readonly verdict = byId('connection-summary');
  private readonly list = new CheckList(byId('connection-checks'), {});
  private readonly reporter: Reporter;

  constructor(private readonly handlers: ConnectionHandlers) {
    this.reporter = new Reporter(handlers.post);
    setInterval(() => void this.look(), LOOK_EVERY_MS);
    this.panel.addEventListener('toggle', () => this.show());
  }

  /** As the sender tells of its connection. */
  follow(peer: PeerState | 'none', pc: RTCPeerConnection | undefined): void {
    this.link.note(peer, pc);
    this.noteWay();
    if (peer === 'live') void this.look();
  }

  /** Something changed: shown at once, and told to the viewer. */
  show(): void {
    const facts = this.facts();
    const checks = diagnosePhone(facts, this.handlers.relaying());
    write(this.verdict, summary(checks));
    this.verdict.dataset.state = checks.some(({ state }) => state === 'bad') ? 'bad' : 'ok';
    if (this.panel.open) this.list.show(checks);
    if (this.handlers.heard()) this.reporter.note(withoutAddresses(facts), performance.now());
  }

  /** The viewer wants to know. */
  tell(): void {
    this.reporter.ask();
    this.show();
  }

  private async look(): Promise<void> {
    await this.link.look();
    this.noteWay();
    this.show();
  }

  private noteWay(): void {
    const { way } = this.link;
    if (way === this.way) return;
    this.way = way;
    this.handlers.way(way);
  }

  private facts(): PhoneFacts {
    const { newest } = this.link;
    return {
      ...this.handlers.look(),
      link: this.link.facts,
      cameraFps: newest?.cameraFps ?? null,
      limit: newest?.limit ?? null,
    };
  }
}

export function cameraOf(state: CameraState): Camera {
  if (state.kind === 'failed') return state.trouble;
  return state.kind === 'lost' && state.how === 'asks' ? 'asks' : state.kind;
}
