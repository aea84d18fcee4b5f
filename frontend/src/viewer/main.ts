import '../style/viewer.css';
import { Backoff, sleep } from '../backoff';
import { byId } from '../dom';
import { ask } from '../protocol/api';
import type { ClientConfig } from '../protocol/messages';
import { parseConfig } from '../protocol/parse';
import { takeKey, untilLetIn } from './access';
import { readOptions } from './options';
import { SENTENCES } from './status';
import { type Handles, Viewer } from './viewer';

declare global {
  interface Window {
    sightline: Handles;
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

takeKey();
const config = await loadConfig();
await untilLetIn();
window.sightline = new Viewer(readOptions(location.search), config).handles();
