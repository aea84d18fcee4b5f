// Plain HTTP questions to our own server.
import type { ApiError } from './messages';
import { parseApiError } from './parse';

/** The server answered, and the answer is no. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly api: ApiError,
  ) {
    super(api.message);
  }

  /** The room or the link does not exist (any more): asking again will not help. */
  get gone(): boolean {
    return this.status === 404 || this.status === 403;
  }
}

/** What the server says, as a sentence, where its answer is no; null where there was no answer of it. */
export function refusalOf(error: unknown): string | null {
  if (!(error instanceof Refused)) return null;
  const { message } = error;
  return `${message.charAt(0).toUpperCase()}${message.slice(1)}.`;
}

/** No answer, or one that is not of our server. */
export class Unreachable extends Error {}

const PATIENCE_MS = 10_000;

export async function send(path: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, { signal: AbortSignal.timeout(PATIENCE_MS), cache: 'no-store', ...init });
  } catch (cause) {
    throw new Unreachable(`no answer to ${path}`, { cause });
  }
  if (response.ok) return response;
  throw await refusal(path, response);
}

async function refusal(path: string, response: Response): Promise<Error> {
  const body: unknown = await response.json().catch(() => undefined);
  const api = parseApiError(body);
  if (api) return new Refused(response.status, api);
  return new Unreachable(`${path} answered ${response.status}`);
}

/** Asks and checks the answer's shape with `parse`. */
export async function ask<T>(
  path: string,
  parse: (value: unknown) => T | null,
  init?: RequestInit,
): Promise<T> {
  const response = await send(path, init);
  const value = parse(await response.json().catch(() => undefined));
  if (value === null) throw new Unreachable(`${path} answered something unknown`);
  return value;
}

export function post(body: unknown): RequestInit {
  return { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
