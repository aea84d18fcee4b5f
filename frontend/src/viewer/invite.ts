// The QR, the link, and what to do with them.

import { byId } from '../dom';
import type { RoomCreated } from '../protocol/messages';

export class Invite {
  private readonly qr = byId('qr');
  private readonly link = byId<HTMLAnchorElement>('join-link');
  private readonly copy = byId<HTMLButtonElement>('copy-link');

  constructor() {
    this.copy.addEventListener('click', () => void this.copyLink());
  }

  /** `obstacle`: why no phone can join; a code to scan would only mislead then. */
  show(room: RoomCreated | null, obstacle?: string): void {
    this.qr.replaceChildren();
    this.copy.disabled = room === null;
    if (!room) {
      this.link.removeAttribute('href');
      this.link.textContent = '';
      return;
    }
    this.qr.append(obstacle ?? qrOf(room));
    this.link.href = room.join_url;
    this.link.textContent = room.join_url;
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

function qrOf(room: RoomCreated): HTMLImageElement {
  const image = new Image();
  image.alt = 'QR code with the link for your phone';
  image.src = `data:image/svg+xml,${encodeURIComponent(room.qr_svg)}`;
  return image;
}
