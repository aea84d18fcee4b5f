// The QR, the link, the code to type, and what to do with them.
import { byId, write } from '../dom';
import { send } from '../protocol/api';
import type { Invitation, InvitationCode, RoomCreated } from '../protocol/messages';
import { parseInvitation } from '../protocol/parse';
import { codeAddress, inHalves, minutes, type Way, waysOf } from './invitation';

const TICK_MS = 1000;
/** A server that gave no new code is not asked with every tick. */
const ASK_AGAIN_MS = 10_000;

export class Invite {
  private readonly qr = byId('qr');
  private readonly link = byId<HTMLAnchorElement>('join-link');
  private readonly copy = byId<HTMLButtonElement>('copy-link');
  private readonly menu = byId<HTMLSelectElement>('network-choice');
  private room: RoomCreated | null = null;
  private ways: Way[] = [];
  private code: InvitationCode | null = null;
  /** The server's clock less ours: the page may run on another computer. */
  private clockOffset = 0;
  private asked = 0;
  private seen = false;

  constructor() {
    this.copy.addEventListener('click', () => void this.copyLink());
    this.menu.addEventListener('change', () => this.showWay());
    // By its button, or because the phone left: whoever looks at it sees what is true now.
    new IntersectionObserver((entries) => {
      this.seen = entries.at(-1)?.isIntersecting ?? false;
      if (this.seen) this.renew();
    }).observe(byId('invite'));
    setInterval(() => this.tick(), TICK_MS);
  }

  /** `obstacle`: why no phone can join; a code to scan would only mislead then. */
  show(room: RoomCreated | null, obstacle?: string): void {
    this.room = room;
    this.code = null;
    this.offer(room ? [{ label: '', join_url: room.join_url, qr_svg: room.qr_svg, obstacle }] : []);
  }

  /** Asks the server how phones join now, and shows that. */
  renew(): void {
    if (this.room) void this.ask(this.room);
  }

  private async ask(room: RoomCreated): Promise<void> {
    this.asked = Date.now();
    const query = new URLSearchParams({ token: room.viewer_token });
    try {
      const response = await send(`/api/rooms/${encodeURIComponent(room.room)}/invitation?${query}`);
      const invitation = parseInvitation(await response.json());
      if (!invitation) throw new Error('an unknown kind of invitation');
      if (room !== this.room) return;
      this.clockOffset = latest(response.headers.get('date')) - Date.now();
      this.take(invitation);
    } catch (error) {
      // What is shown stays; the next welcome, or the next look at it, asks again.
      console.warn('no invitation', error);
    }
  }

  private take(invitation: Invitation): void {
    const chosen = this.menu.selectedIndex > 0 ? this.way?.join_url : undefined;
    this.code = invitation.code;
    this.offer(waysOf(invitation), chosen);
  }

  /** Who `chose` another network than the likeliest stays there as long as it exists. */
  private offer(ways: Way[], chosen?: string): void {
    const labels = ways.map(({ label }) => label);
    // A menu that somebody has just opened must not be taken from under their finger.
    if (labels.join() !== this.ways.map(({ label }) => label).join()) {
      this.menu.replaceChildren(...labels.map((label) => new Option(label)));
      const kept = ways.findIndex(({ join_url }) => join_url === chosen);
      this.menu.selectedIndex = Math.max(0, kept);
    }
    this.ways = ways;
    byId('network').hidden = ways.length < 2;
    this.showWay();
  }

  private get way(): Way | undefined {
    return this.ways[Math.max(0, this.menu.selectedIndex)];
  }

  private showWay(): void {
    const { way } = this;
    this.copy.disabled = !way;
    this.showCode();
    this.showQr(way);
    if (way) this.link.href = way.join_url;
    else this.link.removeAttribute('href');
    write(this.link, way?.join_url ?? '');
  }

  private showQr(way: Way | undefined): void {
    const shown = this.qr.querySelector('img')?.src;
    if (!way) this.qr.replaceChildren();
    else if (way.obstacle) this.qr.replaceChildren(way.obstacle);
    else if (shown !== sourceOf(way)) this.qr.replaceChildren(qrOf(way));
  }

  private showCode(): void {
    const { way, code, timeLeft } = this;
    const good = way && !way.obstacle && code && timeLeft > 0;
    byId('code').hidden = !good;
    if (!good) return;
    write(byId('join-code'), inHalves(code.code));
    write(byId('code-address'), codeAddress(way));
    write(byId('code-left'), minutes(timeLeft));
  }

  /** Of the code, in ms. */
  private get timeLeft(): number {
    return this.code ? this.code.expires_ts - (Date.now() + this.clockOffset) : 0;
  }

  private tick(): void {
    if (!this.seen || !this.code) return;
    this.showCode();
    if (this.timeLeft <= 0 && Date.now() - this.asked > ASK_AGAIN_MS) this.renew();
  }

  private async copyLink(): Promise<void> {
    try {
      await navigator.clipboard.writeText(this.link.href);
      this.say('Copied');
    } catch {
      // Without a secure context, or when the browser refuses: select it, the person copies it.
      getSelection()?.selectAllChildren(this.link);
      this.say('Selected: copy it');
    }
  }

  private say(text: string): void {
    this.copy.textContent = text;
    setTimeout(() => {
      this.copy.textContent = 'Copy link';
    }, 2000);
  }
}

/** The header has whole seconds: the latest that it can mean, so that no code outlives itself here. */
const latest = (date: string | null): number => (date ? Date.parse(date) + 999 : Date.now());

const sourceOf = ({ qr_svg }: Way): string => `data:image/svg+xml,${encodeURIComponent(qr_svg)}`;

function qrOf(way: Way): HTMLImageElement {
  const image = new Image();
  image.alt = 'QR code with the link for your phone';
  image.src = sourceOf(way);
  return image;
}
