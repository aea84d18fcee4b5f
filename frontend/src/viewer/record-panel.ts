// The record button: measures, gives the figures as a file, and leaves them with the server.
import { byId, write } from '../dom';
import { words } from '../errors';
import { post, send } from '../protocol/api';
import type { MetricsReport } from '../protocol/messages';
import { download } from './download';
import { fixed } from './hud';
import type { Recorder } from './recording';

const SECONDS = 30;
const LOOK_EVERY_MS = 250;

export class RecordPanel {
  private readonly button = byId<HTMLButtonElement>('record');
  private readonly note = byId('record-note');
  private readonly bar = byId<HTMLProgressElement>('record-bar');

  constructor(
    private readonly recorder: Recorder,
    /** Where the server keeps the figures of this room, with the key to it; null without a room. */
    private readonly shelf: () => string | null,
  ) {
    this.button.addEventListener('click', () => this.press());
  }

  press(): void {
    if (this.recorder.progress) this.recorder.stop();
    else void this.record();
  }

  private async record(): Promise<void> {
    const recording = this.recorder.record(SECONDS);
    const timer = setInterval(() => this.showProgress(), LOOK_EVERY_MS);
    this.showProgress();
    try {
      const { metrics } = await recording;
      download(asFile(metrics), 'metrics.json');
      this.say(`${inWords(metrics)} Saved as metrics.json. `);
      await this.keep(metrics);
    } catch (error) {
      this.say(`Nothing was measured: ${words(error)}.`);
    } finally {
      clearInterval(timer);
      this.showProgress();
    }
  }

  private async keep(metrics: MetricsReport): Promise<void> {
    const shelf = this.shelf();
    try {
      if (!shelf) throw new Error('there is no room');
      await send(shelf, post(metrics));
      // No link: the address holds the room's key, which is for no screen and no history.
      this.note.append('The server keeps it, too.');
    } catch (error) {
      this.note.append(`The server did not take it: ${words(error)}.`);
    }
  }

  private showProgress(): void {
    const { progress } = this.recorder;
    this.bar.hidden = !progress;
    this.button.textContent = progress ? 'Stop and save' : `Measure ${SECONDS} s`;
    this.button.setAttribute('aria-pressed', String(progress !== null));
    if (!progress) return;
    this.bar.value = progress.seconds / progress.of;
    this.say(`Measuring: ${Math.floor(progress.seconds)} of ${progress.of} s`);
  }

  private say(words: string): void {
    write(this.note, words);
  }
}

const inWords = ({ duration_s, frames, processed_fps, e2e_latency_ms: e2e }: MetricsReport): string =>
  `${fixed(duration_s, 0)} s, ${frames.displayed} frames (${fixed(processed_fps, 1)} a second), ` +
  `end to end ${fixed(e2e?.median, 0)} ms, 95 % within ${fixed(e2e?.p95, 0)} ms.`;

const asFile = (metrics: MetricsReport): Blob =>
  new Blob([`${JSON.stringify(metrics, null, 2)}\n`], { type: 'application/json' });
