// What peers connect by. The server tells it to who holds a token of the room: credentials are no stranger's business.
import { sleep } from '../backoff';
import { ask, Refused } from '../protocol/api';
import type { RoomIce } from '../protocol/messages';
import { parseRoomIce } from '../protocol/parse';
import { PATIENCE_MS, ServerBackoff } from './server-backoff';

/** No timer of hours: it would not count the time that a laptop sleeps. */
const LOOK_EVERY_MS = 60_000;
/** However short-lived the credentials are. */
const LEAST_MS = 20_000;

export class IceServers {
  private answer: RoomIce | undefined;
  private path = '';
  private askedAt = 0;
  private entered: Promise<void> = Promise.resolve();
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** The servers of this room; the ones known before are those of another. */
  enter(room: string, token: string): void {
    const query = new URLSearchParams({ token });
    this.path = `/api/rooms/${encodeURIComponent(room)}/ice?${query}`;
    this.answer = undefined;
    clearTimeout(this.timer);
    this.entered = this.untilTold(this.path);
  }

  /** Settles when it is known; without it no connection is to be tried: it might go where it must not. */
  get known(): Promise<void> {
    return this.entered;
  }

  /** For a new connection. */
  take(): RTCConfiguration {
    const { answer } = this;
    if (!answer) throw new Error('the ICE servers are not known yet');
    this.renew();
    return { iceServers: answer.ice_servers, iceTransportPolicy: answer.ice_policy };
  }

  /** Which kinds of server there are; null while that is not known. */
  get kinds(): { stun: boolean; turn: boolean; relayOnly: boolean } | null {
    if (!this.answer) return null;
    const urls = this.answer.ice_servers.flatMap((server) => server.urls);
    const some = (scheme: string) => urls.some((url) => url.startsWith(scheme));
    return { stun: some('stun'), turn: some('turn'), relayOnly: this.answer.ice_policy === 'relay' };
  }

  /** Credentials that are half spent still open the servers, and are made anew meanwhile: none is old when it is needed. */
  private renew(): void {
    clearTimeout(this.timer);
    const lifetime = this.answer?.lifetime_s;
    if (lifetime === undefined) return;
    const left = this.askedAt + Math.max((lifetime * 1000) / 2, LEAST_MS) - Date.now();
    if (left > 0) this.timer = setTimeout(() => this.renew(), Math.min(left, LOOK_EVERY_MS));
    else this.entered = this.untilTold(this.path);
  }

  private async untilTold(path: string): Promise<void> {
    const backoff = new ServerBackoff();
    while (path === this.path) {
      this.askedAt = Date.now();
      try {
        const answer = await ask(path, parseRoomIce, { signal: AbortSignal.timeout(PATIENCE_MS) });
        if (path !== this.path) return;
        this.answer = answer;
        this.renew();
        return;
      } catch (error) {
        // The room is gone; whoever sits in it hears that from its events, and enters another.
        if (error instanceof Refused && error.gone) return;
        await sleep(backoff.wait());
      }
    }
  }
}
