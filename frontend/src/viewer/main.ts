import '../style/viewer.css';
import { Backoff, sleep } from '../backoff';
import { byId } from '../dom';
import { ask } from '../protocol/api';
import type { ClientConfig } from '../protocol/messages';
import { parseConfig } from '../protocol/parse';
import { readOptions } from './options';
import { SENTENCES } from './status';
import { Viewer } from './viewer';

declare global {
  interface Window {
    /** For tests, benchmarks and curious people. */
    sightline: { state: Viewer['state']; metrics: Viewer['report'] };
  }
}

async function loadConfig(): Promise<ClientConfig> {
  const backoff = new Backoff(500, 8000);
  for (;;) {
    try {
      return await ask('/api/config', parseConfig);
    } catch (error) {
      console.warn('no configuration yet', error);
      byId('status').textContent = SENTENCES.server_unreachable.text;
      byId('status').dataset.tone = SENTENCES.server_unreachable.tone;
      await sleep(backoff.wait());
    }
  }
}

const viewer = new Viewer(readOptions(location.search), await loadConfig());
window.sightline = { state: () => viewer.state(), metrics: () => viewer.report() };
