// What the connection doctor says, on either page.
import type { Page } from 'playwright-core';
import type { Check } from '../../src/doctor/check';
import { until } from './until';

type Line = Pick<Check, 'state' | 'value' | 'remedy'>;

/** As it stands on the page, its panel open or not. */
export const lineOf = (page: Page, id: string): Promise<Line | null> =>
  page.evaluate((name) => {
    const line = document.querySelector<HTMLElement>(`[data-check="${name}"]`);
    if (!line) return null;
    const text = (part: string) => line.querySelector(part)?.textContent ?? '';
    const state = (line.dataset.state ?? '') as 'ok';
    return { state, value: text('.value'), remedy: text('.remedy') || null };
  }, id);

export const untilLine = (page: Page, id: string, state: Check['state'], value = /./): Promise<Line> =>
  until(`the doctor’s ${id} is ${state}, ${value}`, async () => {
    const line = await lineOf(page, id);
    return line?.state === state && value.test(line.value) ? line : null;
  });

export async function openDetails(page: Page, selector: '#doctor' | '#connection'): Promise<void> {
  const details = page.locator(selector);
  if ((await details.getAttribute('open')) === null) await page.locator(`${selector} summary`).click();
}

declare global {
  interface Window {
    peerConnections: RTCPeerConnection[];
  }
}

/** For addInitScript: every connection that the page makes, to ask the browser itself. */
export function keepPeerConnections(): void {
  const made: RTCPeerConnection[] = [];
  window.peerConnections = made;
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      made.push(this);
    }
  };
}

export type Selected = {
  local: string;
  remote: string;
  roundTripMs: number;
  framesDecoded: number | null;
  at: number;
};

/** The pair that the page's newest connection uses, as Chromium's own statistics have it. */
export const selectedPair = (page: Page): Promise<Selected | null> =>
  page.evaluate(async () => {
    const stats = await window.peerConnections.at(-1)?.getStats();
    const all = [...(stats?.values() ?? [])];
    const byId = (id: unknown) => all.find((stat) => stat.id === id);
    const pair = byId(all.find((stat) => stat.type === 'transport')?.selectedCandidatePairId);
    if (!pair) return null;
    const video = all.find((stat) => stat.type === 'inbound-rtp' && stat.kind === 'video');
    return {
      local: byId(pair.localCandidateId).candidateType,
      remote: byId(pair.remoteCandidateId).candidateType,
      roundTripMs: pair.currentRoundTripTime * 1000,
      framesDecoded: video?.framesDecoded ?? null,
      at: pair.timestamp,
    };
  });
