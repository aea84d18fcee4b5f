// What pages say and hear in their room, and the event streams that break meanwhile.
import type { Page } from 'playwright-core';
import type { Fault } from './faults';

type Said = { number: number; text: string };

declare global {
  interface Window {
    signals: { posted: Said[]; heard: string[] };
  }
}

/** Runs in the page: notes every signal that it posts, and every one that it is told. */
export function noteSignals(): void {
  window.signals = { posted: [], heard: [] };
  const realFetch = window.fetch;
  window.fetch = (input, init) => {
    const url = new URL(String(input), location.href);
    if (url.pathname.endsWith('/signal')) {
      const number = Number(url.searchParams.get('number'));
      window.signals.posted.push({ number, text: String(init?.body) });
    }
    return realFetch(input, init);
  };
  window.EventSource = class extends EventSource {
    constructor(url: string | URL) {
      super(url);
      this.addEventListener('message', ({ data }) => {
        const { signal } = JSON.parse(data);
        if (signal) window.signals.heard.push(JSON.stringify(signal.payload));
      });
    }
  };
}

/** What a page has posted, without what it had to say again. */
export async function postedBy(page: Page): Promise<string[]> {
  const posted = await page.evaluate(() => window.signals.posted);
  return [...new Map(posted.map(({ number, text }) => [number, text])).values()];
}

export const heardBy = (page: Page): Promise<string[]> => page.evaluate(() => window.signals.heard);

/** Event streams break in the middle of the first event that says a word of these; each word breaks one. */
export function breakAt(words: string[]): Fault {
  return (answer, to) => {
    to.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.on('end', () => to.end());
    let broken = false;
    answer.on('data', (chunk: Buffer) => {
      // What was read already comes even after the end.
      if (broken) return;
      const word = words.findIndex((each) => chunk.includes(`"${each}"`));
      if (word < 0) return void to.write(chunk);
      broken = true;
      const [found = ''] = words.splice(word, 1);
      to.write(chunk.subarray(0, chunk.indexOf(found)), () => to.destroy());
      answer.destroy();
    });
  };
}

/** The server gets what is posted, and every second answer is lost. */
export class LostAnswers {
  lost = 0;
  private answers = 0;

  readonly fault: Fault = (answer, to) => {
    this.answers += 1;
    if (this.answers % 2 === 1) {
      this.lost += 1;
      return void to.destroy();
    }
    to.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(to);
  };
}
