// When the phone tells the viewer of itself: when something changed or it is asked, and seldom enough.
import type { PhoneFacts } from './facts';

const EVERY_MS = 2000;

export class Reporter {
  private told = '';
  private toldAt = Number.NEGATIVE_INFINITY;
  private asked = false;

  constructor(private readonly post: (facts: PhoneFacts) => void) {}

  /** A viewer came, or its panel is open: the next facts are told even if they are the same. */
  ask(): void {
    this.asked = true;
  }

  /** Called again and again; what is not due now is told by a later call. */
  note(facts: PhoneFacts, now: number): void {
    const lasting = JSON.stringify(withoutFigures(facts));
    if ((!this.asked && lasting === this.told) || now - this.toldAt < EVERY_MS) return;
    this.told = lasting;
    this.toldAt = now;
    this.asked = false;
    this.post(facts);
  }
}

/** Figures never stand still; alone they are no reason to speak. */
function withoutFigures({ postMs: _, cameraFps: __, link, ...rest }: PhoneFacts): unknown {
  if (!link) return rest;
  const { state, gathered, candidates, errors } = link;
  return { ...rest, link: { state, gathered, candidates, errors } };
}
