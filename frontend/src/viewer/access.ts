// The server's access key: what a viewer on another machine must show, where one is asked for.
import { Backoff, sleep } from '../backoff';
import { byId } from '../dom';
import { Refused, refusalOf, send } from '../protocol/api';
import { forThisTab, keep, recall } from '../store';
import { wordsOf } from './status';

const KEPT = 'sightline.access-key';
/** As long as the server's buckets take to give one guess more, by and large. */
const PATIENCE_MS = 10_000;

/** Where storage is forbidden the key lasts as long as the page. */
let key: string | null = null;

/** What `#key=…` gives, and the rest of the fragment. */
export function splitFragment(hash: string): { key: string | null; rest: string } {
  // No form was filled in here: a plus is a plus.
  const parts = new URLSearchParams(hash.replace(/^#/, '').replaceAll('+', '%2B'));
  const given = parts.get('key')?.trim() || null;
  if (!parts.has('key')) return { key: null, rest: hash };
  parts.delete('key');
  const rest = parts.toString();
  return { key: given, rest: rest && `#${rest}` };
}

/** Takes the key out of the address: a fragment goes to no server, but a screen and the history show it. */
export function takeKey(): boolean {
  const { key: given, rest } = splitFragment(location.hash);
  if (given === null) {
    key ??= recall(forThisTab, KEPT);
    return false;
  }
  key = given;
  keep(forThisTab, KEPT, given);
  history.replaceState(history.state, '', location.pathname + location.search + rest);
  return true;
}

export const accessKey = (): string | null => key;

/** The request with the key, if there is one. */
export function withKey(init: RequestInit): RequestInit {
  if (key === null) return init;
  const headers = new Headers(init.headers);
  headers.set('authorization', `Bearer ${key}`);
  return { ...init, headers };
}

/** Nothing begins before the server lets this page in; what it wants is told in plain words. */
export async function untilLetIn(): Promise<void> {
  const backoff = new Backoff(500, 8000);
  for (;;) {
    try {
      await send('/api/access', withKey({}));
      return;
    } catch (error) {
      if (error instanceof Refused && error.status === 401) {
        tell(WORDS[key === null ? 'key_needed' : 'key_wrong']);
        await anotherKey();
      } else if (error instanceof Refused && error.status === 429) {
        tell(WORDS.key_later);
        await anotherKey(PATIENCE_MS);
      } else {
        tellTrouble(error);
        await sleep(backoff.wait());
      }
    }
  }
}

const WORDS = {
  key_needed:
    'This server asks for its access key. Add #key= and the key to the end of this page’s address; whoever started the server has it',
  key_wrong:
    'The access key in this page’s address is not this server’s. Ask whoever started the server, and add #key= and the right key to the address',
  key_later: 'Too many wrong access keys came from your network. Trying again in a moment…',
};

/** Why nothing begins yet: the server's own words where it answered. */
export function tellTrouble(error: unknown): void {
  const refusal = refusalOf(error);
  tell(wordsOf(refusal === null ? 'server_unreachable' : 'refused', refusal));
}

function tell(words: string): void {
  const status = byId('status');
  status.textContent = words;
  status.dataset.tone = 'bad';
}

/** A key added to the address of an open page loads nothing anew. Without one it is over after `patience` ms, if given. */
function anotherKey(patience?: number): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      removeEventListener('hashchange', look);
      clearTimeout(timer);
      resolve();
    };
    const look = () => {
      if (takeKey()) end();
    };
    addEventListener('hashchange', look);
    const timer = patience === undefined ? undefined : setTimeout(end, patience);
  });
}
