// What is measured: a server, a phone and a viewer. Whatever was opened here is closed again.
import type { Browser } from 'playwright-core';
import { launchWith } from '../../frontend/e2e/harness/chrome';
import { closePage, openBareViewer, type Watched } from '../../frontend/e2e/harness/pages';
import { Server } from '../../frontend/e2e/harness/server';
import { joinLink } from '../../frontend/e2e/harness/viewer';
import { type Phone, type PhoneKind, type Phones, processOf, QUIET, startPhones } from './phones';
import { type Settings, viewerQuery } from './settings';

/** No phone: a real one is expected. */
export type Ends = { viewer: Watched; phone: Phone | null };

export class Rig {
  private server: { itself: Server; threads: string } | null = null;

  private constructor(
    private readonly laptop: Browser,
    /** Null: server and phone are somebody else's, and the viewer is opened there. */
    private readonly phones: Phones | null,
    private readonly address: string | null,
  ) {}

  static async start(phone: PhoneKind, clip: string, headed: boolean): Promise<Rig> {
    const [laptop, phones] = await Promise.all([
      launchWith({ ...QUIET, headless: !headed }),
      startPhones(phone, clip),
    ]);
    return new Rig(laptop, phones, null);
  }

  static async attach(address: string, headed: boolean): Promise<Rig> {
    return new Rig(await launchWith({ ...QUIET, headless: !headed }), null, address);
  }

  get browser(): string {
    return `${this.laptop.browserType().name()} ${this.laptop.version()}`;
  }

  /** The roots of the process trees; null where they are not ours. */
  async processes(): Promise<{ server: number | null; viewer: number | null; phone: number | null }> {
    return {
      server: this.server?.itself.pid ?? null,
      viewer: await processOf(this.laptop),
      phone: (await this.phones?.process()) ?? null,
    };
  }

  async openViewer(settings: Settings): Promise<Watched> {
    const base = this.address ?? (await this.serve(settings.threads));
    const address = `${base}?${viewerQuery(settings)}`;
    const viewer = await openBareViewer(this.laptop, address).catch((error: unknown) => {
      const [, reason = String(error)] = /net::(\w+)/.exec(String(error)) ?? [];
      throw new Error(`no viewer at ${new URL(address).origin} (${reason}): is Sightline running there?`);
    });
    if ((await viewer.page.locator('#join-link').count()) > 0) return viewer;
    throw new Error(`what answers at ${new URL(address).origin} is no Sightline`);
  }

  async openPhone(viewer: Watched): Promise<Phone | null> {
    return this.phones?.join(await joinLink(viewer.page)) ?? null;
  }

  async close(): Promise<void> {
    const closing = [this.laptop.close(), this.phones?.close(), this.server?.itself.stop()];
    await Promise.allSettled(closing);
  }

  /** One server serves all runs, but for those with other threads. */
  private async serve(threads: string): Promise<string> {
    if (this.server?.threads !== threads) {
      await this.server?.itself.stop();
      this.server = null;
      this.server = { itself: await Server.start({ threads: Number(threads), detached: true }), threads };
    }
    return this.server.itself.viewerUrl;
  }
}

export async function closeEnds({ viewer, phone }: Ends): Promise<void> {
  await Promise.allSettled([closePage(viewer), phone?.close()]);
}
