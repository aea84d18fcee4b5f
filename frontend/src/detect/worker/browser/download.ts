// Fetches a file whose progress is shown, and says plainly what is wrong when it does not come.

/** A connection that has brought nothing for this long is given up. */
const STALL_MS = 20_000;
/** `most`: more bytes than such a file ever has. */
export type File = { name: string; url: string; type: RegExp; most: number };
export type Progress = (loaded: number, total: number | null) => void;

/** The whole file. The browser's own cache keeps it for the next visit: the server sends what that needs. */
export async function download(
  file: File,
  progress: Progress = () => {},
  given?: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const stalled = new AbortController();
  let timer = setTimeout(() => stalled.abort(), STALL_MS);
  try {
    const response = await fetch(file.url, {
      signal: AbortSignal.any([stalled.signal, ...(given ? [given] : [])]),
    });
    const total = announcedLength(file, response);
    return await collect(file, response, total, (loaded) => {
      clearTimeout(timer);
      timer = setTimeout(() => stalled.abort(), STALL_MS);
      progress(loaded, total);
    });
  } catch (error) {
    if (stalled.signal.aborted) throw new Error(`${file.name} stopped coming: is the server still there?`);
    if (error instanceof TypeError)
      throw new Error(`${file.name} could not be fetched: is the server there?`);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function announcedLength({ name, url, type, most }: File, response: Response): number | null {
  const path = new URL(url, location.href).pathname;
  if (!response.ok) throw new Error(`${name} is not there: the server answers ${response.status} to ${path}`);
  const served = response.headers.get('content-type') ?? 'no type';
  if (!type.test(served))
    throw new Error(`${name} has the wrong type: the server serves ${path} as ${served}`);
  // A compressed body's length is not that of the file.
  const length = response.headers.has('content-encoding') ? null : response.headers.get('content-length');
  const total = length === null ? null : Number(length);
  if (total !== null && total > most) throw new Error(`${name} is too large: ${total} bytes`);
  return total;
}

async function collect(
  { name, most }: File,
  response: Response,
  total: number | null,
  progress: (loaded: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let loaded = 0;
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    chunks.push(value);
    loaded += value.length;
    if (loaded > most) throw new Error(`${name} is too large: more than ${most} bytes`);
    progress(loaded);
  }
  if (total !== null && loaded !== total)
    throw new Error(`${name} was cut off after ${loaded} of ${total} bytes`);
  const whole = new Uint8Array(loaded);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
