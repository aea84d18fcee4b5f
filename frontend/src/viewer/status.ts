// One word for the viewer's whole situation, and the sentence that people read.
import type { PeerState } from '../rtc/peer';
import type { SeatState } from '../rtc/signalling';
import type { RelayState } from './relay/relay';

export type Connection =
  | 'starting'
  | 'server_unreachable'
  | 'refused'
  | 'waiting_for_phone'
  | 'waiting_for_camera'
  | 'connecting'
  | 'live'
  | 'relayed'
  | 'stalled'
  | 'reconnecting'
  | 'replaced';

export type Situation = {
  seat: SeatState | 'none';
  /** The server did not answer at our last try. */
  unreachable: boolean;
  /** It answered no, for one of its limits; in its words. */
  refusal: string | null;
  phonePresent: boolean;
  peer: PeerState | 'none';
  /** Frames of the video still arrive. */
  flowing: boolean;
  relay: RelayState;
};

/** The video goes straight from phone to viewer, so it counts first: it plays on when the server is away. */
export function connectionOf(situation: Situation): Connection {
  const { seat, unreachable, refusal, phonePresent, peer, flowing, relay } = situation;
  if (seat === 'replaced') return 'replaced';
  if (peer === 'live' && flowing) return 'live';
  if (relay === 'flowing') return 'relayed';
  if (peer === 'live' && phonePresent) return 'stalled';
  if (refusal !== null) return 'refused';
  if (unreachable || seat === 'retrying') return 'server_unreachable';
  if (seat !== 'open') return 'starting';
  if (!phonePresent) return 'waiting_for_phone';
  if (peer === 'none') return 'waiting_for_camera';
  if (relay === 'stalled') return 'stalled';
  return peer === 'connecting' ? 'connecting' : 'reconnecting';
}

export type Tone = 'quiet' | 'busy' | 'good' | 'bad';

export const SENTENCES: Record<Connection, { tone: Tone; text: string }> = {
  starting: { tone: 'busy', text: 'Starting…' },
  server_unreachable: { tone: 'bad', text: 'Server unreachable, retrying…' },
  refused: { tone: 'bad', text: 'The server refuses for now. Retrying…' },
  waiting_for_phone: { tone: 'quiet', text: 'Waiting for a phone' },
  waiting_for_camera: { tone: 'busy', text: 'Phone is here, waiting for its camera' },
  connecting: {
    tone: 'busy',
    text: 'Connecting to the phone… If this lasts: guest networks and VPNs keep devices apart',
  },
  live: { tone: 'good', text: 'Live' },
  relayed: {
    tone: 'good',
    text: 'Live, relayed by the server: phone and laptop cannot reach each other directly',
  },
  stalled: { tone: 'bad', text: 'No picture from the phone right now. Is its screen on?' },
  reconnecting: { tone: 'busy', text: 'Connection to the phone lost, reconnecting…' },
  replaced: { tone: 'bad', text: 'This room is open in another window' },
};

/** The server's own words tell which limit it is, and what helps. */
export const wordsOf = (connection: Connection, refusal: string | null): string =>
  connection === 'refused' && refusal !== null ? `${refusal} Retrying…` : SENTENCES[connection].text;

/** In all other situations the last picture would pass for a live one. */
export const keepsPicture = (connection: Connection): boolean =>
  ['live', 'relayed', 'stalled', 'reconnecting'].includes(connection);

/** Pictures arrive, one way or the other. */
export const isLive = (connection: Connection): boolean => connection === 'live' || connection === 'relayed';
