import '../style/viewer.css';
import { Backoff, sleep } from '../backoff';
import { ask } from '../protocol/api';
import type { ClientConfig } from '../protocol/messages';
import { parseConfig } from '../protocol/parse';
import { takeKey, tellTrouble, untilLetIn } from './access';
import { readOptions } from './options';
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
      tellTrouble(error);
      await sleep(backoff.wait());
    }
  }
}

takeKey();
const config = await loadConfig();
await untilLetIn();
window.sightline = new Viewer(readOptions(location.search), config).handles();
