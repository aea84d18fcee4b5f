// Posts pictures as JPEG with the time of their capture, told in the server's clock.
import { Pings } from '../../../clock/pings';
import { epochNow } from '../../../detect/epoch';
import { frameMessage, JpegEncoder } from '../../../detect/worker/server/encode';
import { ask } from '../../../protocol/api';
import { parseRelayAnswer, parseServerTime } from '../../../protocol/parse-relay';
import type { ToPoster } from '../messages';

type Posted = Extract<ToPoster, { type: 'picture' }>;

const LONGER_SIDE = 640;
const QUALITY = 0.7;
/** A picture that takes longer is too old to be worth it, and a connection that is dead is left sooner. */
const PATIENCE_MS = 2500;

export class Posts {
  private readonly encoder = new JpegEncoder({ width: LONGER_SIDE, height: LONGER_SIDE }, QUALITY);
  private readonly pings = new Pings((t0) => void this.ping(t0));
  private pinging = false;
  private nextId = 0;

  constructor(
    private readonly room: { address: string; token: string },
    /** The server's clock is known. */
    private readonly ready: () => void,
  ) {
    this.pings.start();
  }

  /** Whether a viewer listens. The picture is ours to close. */
  async post({ picture, captured: { at, clock }, sitting }: Posted): Promise<boolean> {
    const jpeg = await this.encoder.encode(picture).finally(() => picture.close());
    const { reading } = this.pings.clock;
    const { offset = null, error = null } = reading ?? {};
    if (offset === null || error === null) throw new Error('the server’s clock is not known');
    const { token } = this.room;
    const query = new URLSearchParams({ token, sitting, clock, error_ms: String(error) });
    const body = frameMessage(this.nextId, at + offset, jpeg);
    this.nextId = (this.nextId + 1) >>> 0;
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const path = `${this.room.address}?${query}`;
    const { listening } = await ask(path, parseRelayAnswer, { method: 'POST', body, signal });
    return listening;
  }

  /** One at a time: on a slow line they would stand in each other's way, and in the pictures'. */
  private async ping(t0: number): Promise<void> {
    if (this.pinging) return;
    this.pinging = true;
    try {
      const time = await ask('/api/clock', parseServerTime);
      this.pings.answered({ t0, ...time }, epochNow());
      if (this.pings.clock.reading) this.ready();
    } catch (error) {
      console.warn('the server did not tell its time', error);
    } finally {
      this.pinging = false;
    }
  }
}
