// The words and states on the viewer page.
import { byId, write } from '../dom';
import { type Connection, isLive, SENTENCES, wordsOf } from './status';

export class View {
  private readonly status = byId('status');
  private readonly curtain = byId('curtain');
  private readonly problems = byId('problems');
  private readonly invite = byId('invite');
  private readonly showQr = byId<HTMLButtonElement>('show-qr');
  private readonly takeBack = byId<HTMLButtonElement>('take-back');
  private hadPhone = false;

  constructor() {
    this.showQr.addEventListener('click', () => this.toggleQr());
    document.addEventListener('keydown', ({ key }) => {
      if (key === 'Escape') this.closeQr();
    });
    byId('close-qr').addEventListener('click', () => this.closeQr());
  }

  onTakeBack(action: () => void): void {
    this.takeBack.addEventListener('click', action);
  }

  showConnection(connection: Connection, refusal: string | null): void {
    const left = connection === 'waiting_for_phone' && this.hadPhone;
    if (isLive(connection)) this.hadPhone = true;
    const words = left ? 'The phone is gone. Wake it, or scan again' : wordsOf(connection, refusal);
    write(this.status, words);
    this.curtain.textContent = words;
    this.status.dataset.tone = SENTENCES[connection].tone;
    document.body.dataset.connection = connection;
    this.takeBack.hidden = connection !== 'replaced';
    if (!isLive(connection)) this.closeQr();
  }

  showNotes(notes: string[]): void {
    for (const note of notes) this.addNote(note);
  }

  private addNote(text: string): void {
    const line = document.createElement('p');
    line.textContent = text;
    this.problems.append(line);
  }

  private toggleQr(): void {
    if (this.invite.dataset.open === undefined) {
      this.invite.dataset.open = '';
      this.showQr.setAttribute('aria-expanded', 'true');
    } else {
      this.closeQr();
    }
  }

  private closeQr(): void {
    delete this.invite.dataset.open;
    this.showQr.setAttribute('aria-expanded', 'false');
  }
}
