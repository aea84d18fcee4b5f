// The words and states on the viewer page.
import type { SocketState } from '../detect/messages';
import { byId } from '../dom';
import type { Mode } from '../protocol/messages';
import { type Connection, SENTENCES } from './status';

const MODE_WORDS: Record<Mode, string> = {
  server: 'server',
  auto: 'auto: server',
  wasm: 'wasm',
};

const AUTO_NOTE = 'The server’s detector is the only one built so far, so “auto” uses it.';

const WASM_PROBLEM =
  'wasm mode is not built yet, so nothing is detected. Open this page with ?mode=server to detect on the server.';

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

  showConnection(connection: Connection): void {
    const { tone, text } = SENTENCES[connection];
    const left = connection === 'waiting_for_phone' && this.hadPhone;
    if (connection === 'live') this.hadPhone = true;
    const words = left ? 'The phone has left. Scan again to go on' : text;
    // Written only when it changes: a screen reader speaks every writing.
    if (this.status.textContent !== words) this.status.textContent = words;
    this.curtain.textContent = words;
    this.status.dataset.tone = tone;
    document.body.dataset.connection = connection;
    this.takeBack.hidden = connection !== 'replaced';
    if (connection !== 'live') this.closeQr();
  }

  showMode(asked: Mode): void {
    byId('mode').textContent = MODE_WORDS[asked];
    if (asked === 'auto') this.addProblem(AUTO_NOTE, 'note');
    if (asked === 'wasm') this.showProblem(WASM_PROBLEM);
  }

  showNotes(notes: string[]): void {
    for (const note of notes) this.addProblem(note, 'note');
  }

  showProblem(text: string): void {
    this.addProblem(text, 'error');
  }

  /** The detector's own connection: said only while it is broken. */
  showDetector(socket: SocketState, note: string | null): void {
    const line = byId('detector-problem');
    line.hidden = socket.kind !== 'closed';
    if (socket.kind !== 'closed') return;
    const reason = socket.reason ? `, “${socket.reason}”` : '';
    line.textContent = `No connection to the detector (code ${socket.code}${reason}). Trying again.${note ? ` Last trouble: ${note}.` : ''}`;
  }

  private addProblem(text: string, kind: 'note' | 'error'): void {
    const line = document.createElement('p');
    line.textContent = text;
    line.dataset.kind = kind;
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
