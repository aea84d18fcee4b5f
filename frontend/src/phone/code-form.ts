// Where the code from the laptop is typed; also what is said when a typed code opens nothing.
import { byId, write } from '../dom';
import type { Tone } from './status';

/** The tokens in links are longer, and nobody types them. */
const LONGEST_TYPED = 16;

export const isTyped = (token: string): boolean => token.length <= LONGEST_TYPED;

/** The code as it stands in an address: people put blanks and dashes where they like. */
export const codeIn = (typed: string): string => typed.toUpperCase().replaceAll(/[^A-Z0-9]/g, '');

/** `tooMany`: the server looks at no code from here for a while. */
export function wordsFor(token: string, tooMany: boolean): { tone: Tone; title: string; detail: string } {
  if (tooMany) {
    return { tone: 'bad', title: 'Too many wrong codes', detail: 'Wait a minute, then try again.' };
  }
  if (token) {
    return {
      tone: 'bad',
      title: 'This code has expired or was mistyped',
      detail: 'Look at the laptop for the current one.',
    };
  }
  return {
    tone: 'quiet',
    title: 'Type the code from the laptop',
    detail: 'It stands beside the QR code on the Sightline page there.',
  };
}

export function showCodeForm(token: string): void {
  const { tone, title, detail } = wordsFor(token, document.body.dataset.refusal === 'too_many_codes');
  document.body.dataset.tone = tone;
  byId('status').dataset.tone = tone;
  write(byId('title'), title);
  write(byId('detail'), detail);
  const form = byId<HTMLFormElement>('code-form');
  const input = byId<HTMLInputElement>('code');
  form.hidden = false;
  input.value = token;
  input.focus();
  input.select();
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const code = codeIn(input.value);
    if (code) location.assign(`/j/${code}`);
  });
}
