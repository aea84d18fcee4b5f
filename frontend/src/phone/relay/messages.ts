// What the phone's page and its relay worker say to each other.
import type { Picture } from '../../detect/messages';
import type { RelayClock } from '../../protocol/messages';

/** When a picture was captured, ms since the epoch on the phone's clock, and what told it. */
export type Captured = { at: number; clock: RelayClock };

export type ToPoster =
  /** `address`: the room's relay; `token`: the phone's. */
  | { type: 'start'; address: string; token: string }
  /** One at a time: the next one only after the answer. `sitting`: as the server names our stay in the seat. */
  | { type: 'picture'; picture: Picture; captured: Captured; sitting: string };

export type FromPoster =
  /** The server's clock is known: pictures can be told their time. */
  | { type: 'ready' }
  /** `listening`: the picture reaches a viewer. */
  | { type: 'answer'; listening: boolean }
  | { type: 'failed'; message: string };
