// What goes wrong between a server and a page: files that are missing, cut, mixed up, wrongly labelled, or never end.
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';

/** Sends something else on than the server's answer. */
export type Fault = (answer: IncomingMessage, to: ServerResponse) => void | Promise<void>;

export async function spoil(fault: Fault, answer: IncomingMessage, to: ServerResponse): Promise<void> {
  try {
    await fault(answer, to);
  } catch {
    // The page went away meanwhile.
    to.destroy();
  }
}

export class Faults {
  private rules: { files: RegExp; fault: Fault }[] = [];

  add(files: RegExp, fault: Fault): void {
    this.rules.push({ files, fault });
  }

  /** From now on all is well. */
  mend(): void {
    this.rules = [];
  }

  of(path: string): Fault | null {
    return this.rules.find(({ files }) => files.test(path))?.fault ?? null;
  }
}

/** Asks for the whole file: "not modified" cannot be spoiled. */
export function unconditional({ ...headers }: IncomingHttpHeaders): IncomingHttpHeaders {
  delete headers['if-none-match'];
  delete headers['if-modified-since'];
  delete headers['accept-encoding'];
  return headers;
}

/** The headers of a spoiled answer: no cache may keep it, and what is null is taken away. */
function spoiled(
  { headers }: IncomingMessage,
  changes: Record<string, string | null>,
): Record<string, string | string[]> {
  const changed = {
    ...headers,
    etag: null,
    'last-modified': null,
    'transfer-encoding': null,
    'cache-control': 'no-store',
    ...changes,
  };
  const entries = Object.entries(changed).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(entries) as Record<string, string | string[]>;
}

export const missing: Fault = (answer, to) => {
  answer.resume();
  to.writeHead(404, spoiled(answer, { 'content-type': 'text/plain', 'content-length': null }));
  to.end('not here');
};

/** The same body under other headers; null takes a header away. */
export const relabelled =
  (headers: Record<string, string | null>): Fault =>
  (answer, to) => {
    to.writeHead(answer.statusCode ?? 502, spoiled(answer, headers));
    answer.pipe(to);
  };

/** Another body, under headers that fit it. */
export const replaced =
  (change: (body: Buffer) => Buffer | string): Fault =>
  async (answer, to) => {
    const body = Buffer.from(change(await buffer(answer)));
    to.writeHead(200, spoiled(answer, { 'content-length': String(body.length) }));
    to.end(body);
  };

/** The first half under headers that fit it, as a file looks that was copied when the disk was full. */
export const halved = replaced((body) => body.subarray(0, body.length >> 1));

const half = async (answer: IncomingMessage, to: ServerResponse): Promise<void> => {
  const body = await buffer(answer);
  to.writeHead(200, spoiled(answer, { 'content-length': String(body.length) }));
  await new Promise((sent) => to.write(body.subarray(0, body.length >> 1), sent));
};

/** The first half, then the connection breaks. */
export const cut: Fault = async (answer, to) => {
  await half(answer, to);
  to.destroy();
};

/** The first half, then nothing more, for ever. */
export const hanging: Fault = half;
