// What peers connect by. The server tells it to who holds a token of the room: credentials are no stranger's business.
import { Backoff, sleep } from '../backoff';
import { ask, Refused } from '../protocol/api';
import type { RoomIce } from '../protocol/messages';
import { parseRoomIce } from '../protocol/parse';

export class IceServers {
  private answer: RoomIce | undefined;
  private path = '';
  private askedAt = 0;
  private entered: Promise<void> = Promise.resolve();

  /** The servers of this room; the ones known before are those of another. */
  enter(room: string, token: string): void {
    const query = new URLSearchParams({ token });
    this.path = `/api/rooms/${encodeURIComponent(room)}/ice?${query}`;
    this.answer = undefined;
    this.entered = this.untilTold(this.path);
  }

  /** Settles when it is known; without it no connection is to be tried: it might go where it must not. */
  get known(): Promise<void> {
    return this.entered;
  }

  /** For a new connection. Credentials that are half spent still open the servers, and are made anew meanwhile. */
  take(): RTCConfiguration {
    const { answer } = this;
    if (!answer) throw new Error('the ICE servers are not known yet');
    const halfLife = ((answer.lifetime_s ?? Number.POSITIVE_INFINITY) * 1000) / 2;
    if (Date.now() - this.askedAt > halfLife) this.entered = this.untilTold(this.path);
    return { iceServers: answer.ice_servers, iceTransportPolicy: answer.ice_policy };
  }

  /** Which kinds of server there are; null while that is not known. */
  get kinds(): { stun: boolean; turn: boolean; relayOnly: boolean } | null {
    if (!this.answer) return null;
    const urls = this.answer.ice_servers.flatMap((server) => server.urls);
    const some = (scheme: string) => urls.some((url) => url.startsWith(scheme));
    return { stun: some('stun'), turn: some('turn'), relayOnly: this.answer.ice_policy === 'relay' };
  }

  private async untilTold(path: string): Promise<void> {
    const backoff = new Backoff(500, 8000);
    this.askedAt = Date.now();
    while (path === this.path) {
      try {
        const answer = await ask(path, parseRoomIce);
        if (path === this.path) this.answer = answer;
        return;
      } catch (error) {
        // The room is gone; whoever sits in it hears that from its events, and enters another.
        if (error instanceof Refused && error.gone) return;
        await sleep(backoff.wait());
      }
    }
  }
}
