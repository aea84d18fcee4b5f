// The connection doctor: gathers the facts of both ends, judges them, and shows itself when it is needed.

import type { Check } from '../../doctor/check';
import { CheckList } from '../../doctor/check-list';
import { diagnose, summary } from '../../doctor/diagnose';
import type { PhoneFacts, ViewerFacts } from '../../doctor/facts';
import { LinkWatch } from '../../doctor/link-watch';
import { byId, write } from '../../dom';
import { Opening } from './opening';

const LOOK_EVERY_MS = 1000;
/** An open panel wants the phone's figures anew. */
const ASK_EVERY_MS = 2000;

export type DoctorHandlers = {
  /** This page's own facts, but for its link, which is watched here. */
  look: () => Omit<ViewerFacts, 'link'>;
  /** Whether the picture arrives: then nobody needs to be shown what is wrong. */
  live: () => boolean;
  /** Asks the phone for its facts. */
  ask: () => void;
};

export class Doctor {
  readonly link = new LinkWatch();
  checks: Check[] = [];
  private readonly panel = byId<HTMLDetailsElement>('doctor');
  private readonly verdict = byId('doctor-summary');
  private readonly list = new CheckList(byId('doctor-checks'), {
    viewer: 'This page',
    phone: 'Phone',
    between: 'Between them',
  });
  private readonly opening = new Opening();
  private phone: PhoneFacts | null = null;
  private askedAt = 0;

  constructor(private readonly handlers: DoctorHandlers) {
    setInterval(() => void this.look(), LOOK_EVERY_MS);
    this.panel.addEventListener('toggle', () => this.show());
  }

  toggle(): void {
    this.panel.open = !this.panel.open;
    if (!this.panel.open) return;
    this.show();
    this.panel.scrollIntoView({ block: 'nearest' });
  }

  /** What the phone tells of itself. */
  hear(facts: PhoneFacts): void {
    this.phone = facts;
    this.show();
  }

  /** The phone left; the next one tells of itself. */
  forgetPhone(): void {
    this.phone = null;
  }

  private async look(): Promise<void> {
    await this.link.look();
    this.show();
    const now = performance.now();
    const problem = this.checks.some(({ state }) => state === 'bad');
    if (this.opening.due(problem && !this.handlers.live(), now)) this.panel.open = true;
    if (this.panel.open && this.phone && now - this.askedAt >= ASK_EVERY_MS) {
      this.askedAt = now;
      this.handlers.ask();
    }
  }

  private show(): void {
    const viewer = { ...this.handlers.look(), link: this.link.facts };
    this.checks = diagnose({ viewer, phone: this.phone });
    const words = summary(this.checks);
    write(this.verdict, words);
    this.verdict.dataset.state = this.checks.some(({ state }) => state === 'bad') ? 'bad' : 'ok';
    if (this.panel.open) this.list.show(this.checks);
  }
}
