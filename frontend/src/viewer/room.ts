// The viewer's room: kept over reloads, made anew when the server does not know it any more.
import { Backoff } from '../backoff';
import { ask, post, Refused, refusalOf } from '../protocol/api';
import type { RoomCreated } from '../protocol/messages';
import { fromJson, parseRoomCreated } from '../protocol/parse';
import { RoomChannel, type SeatHandlers } from '../rtc/signalling';
import { forGood, keep, recall } from '../store';
import { withKey } from './access';
import type { Situation } from './status';

const KEY = 'sightline.room';

export type RoomHandlers = SeatHandlers & {
  /** A room to show; null while there is none. */
  room: (room: RoomCreated | null) => void;
  /** What the server said, or did not say, when it was asked for a room. */
  reach: (reach: Pick<Situation, 'unreachable' | 'refusal'>) => void;
};

export class Room {
  channel: RoomChannel | undefined;
  private entered: RoomCreated | null = null;
  private readonly backoff = new Backoff(500, 8000);

  constructor(private readonly handlers: RoomHandlers) {}

  /** Where the server keeps this room's figures, and the key that lets us put them there. */
  get shelf(): string | null {
    const { entered } = this;
    return entered && `/api/rooms/${entered.room}/metrics?token=${entered.viewer_token}`;
  }

  start(fresh: boolean): void {
    const known = fresh ? null : parseRoomCreated(fromJson(recall(forGood, KEY)));
    if (known) this.enter(known);
    else void this.create();
  }

  private async create(): Promise<void> {
    this.handlers.room(null);
    try {
      const room = await ask('/api/rooms', parseRoomCreated, withKey(post({})));
      this.backoff.reset();
      this.handlers.reach({ unreachable: false, refusal: null });
      keep(forGood, KEY, JSON.stringify(room));
      this.enter(room);
    } catch (error) {
      console.warn('no room yet', error);
      // The server was started anew, with another key: the page begins where it asks for that.
      if (error instanceof Refused && error.status === 401) return location.reload();
      const refusal = refusalOf(error);
      this.handlers.reach({ unreachable: refusal === null, refusal });
      setTimeout(() => void this.create(), this.backoff.wait());
    }
  }

  private enter(room: RoomCreated): void {
    this.channel?.close();
    const seat = { room: room.room, token: room.viewer_token, role: 'viewer' as const };
    const channel = new RoomChannel(seat, {
      ...this.handlers,
      state: (state) => {
        if (channel !== this.channel) return;
        if (state === 'gone') this.forget();
        else this.handlers.state(state);
      },
    });
    this.channel = channel;
    this.entered = room;
    this.handlers.room(room);
    channel.open();
  }

  /** Empty until there is a room. */
  get id(): string {
    return this.entered?.room ?? '';
  }

  /** The server does not know this room (it was started anew, or the room expired). */
  private forget(): void {
    keep(forGood, KEY, null);
    void this.create();
  }
}
