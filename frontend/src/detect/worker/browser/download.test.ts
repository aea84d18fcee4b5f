import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { download, type File } from './download';

const MODEL: File = { name: 'the model', url: '/models/model.onnx', type: /octet-stream/, most: 512 << 20 };
const OCTETS = { 'content-type': 'application/octet-stream' };

type Body = ReadableStreamDefaultController<Uint8Array>;

/** A server whose body the test sends piece by piece. As in a browser, giving up breaks the body, too. */
function serve(headers: Record<string, string>, status = 200): { body: Body } {
  const server = {} as { body: Body };
  vi.stubGlobal('fetch', async (_: string, { signal }: RequestInit) => {
    const stream = new ReadableStream<Uint8Array>({
      start(body) {
        server.body = body;
        signal?.addEventListener('abort', () => body.error(signal.reason));
      },
    });
    return new Response(stream, { status, headers });
  });
  return server;
}

/** Follows a download to its end, whatever that is: a rejection is nobody's surprise. */
function begin(file = MODEL) {
  const progress: [loaded: number, total: number | null][] = [];
  const outcome = download(file, (loaded, total) => progress.push([loaded, total])).then(
    (bytes) => ({ bytes: [...bytes] }),
    (error: unknown) => ({ error: error instanceof Error ? error.message : String(error) }),
  );
  return { outcome, progress };
}

const settled = () => vi.advanceTimersByTimeAsync(1);

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('location', new URL('http://localhost:3000/'));
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('download', () => {
  it('puts the pieces together and tells how far it is', async () => {
    const server = serve({ ...OCTETS, 'content-length': '5' });
    const { outcome, progress } = begin();
    await settled();
    server.body.enqueue(Uint8Array.of(1, 2));
    await settled();
    expect(progress).toEqual([[2, 5]]);
    server.body.enqueue(Uint8Array.of(3, 4, 5));
    server.body.close();
    expect(await outcome).toEqual({ bytes: [1, 2, 3, 4, 5] });
    expect(progress).toEqual([
      [2, 5],
      [5, 5],
    ]);
  });

  it('knows no total when the body is compressed or its length is not told', async () => {
    for (const headers of [{ 'content-encoding': 'br', 'content-length': '2' }, {}]) {
      const server = serve({ ...OCTETS, ...headers } as Record<string, string>);
      const { outcome, progress } = begin();
      await settled();
      server.body.enqueue(Uint8Array.of(1, 2, 3));
      server.body.close();
      expect(await outcome).toEqual({ bytes: [1, 2, 3] });
      expect(progress).toEqual([[3, null]]);
    }
  });

  it('says what the server answers when the file is not there', async () => {
    serve(OCTETS, 404);
    expect(await begin().outcome).toEqual({
      error: 'the model is not there: the server answers 404 to /models/model.onnx',
    });
  });

  it('says what comes in the place of the file', async () => {
    serve({ 'content-type': 'text/html' });
    expect(await begin().outcome).toEqual({
      error: 'the model has the wrong type: the server serves /models/model.onnx as text/html',
    });
    serve({});
    expect(await begin().outcome).toMatchObject({ error: expect.stringMatching(/as no type$/) });
  });

  it('notices a body that ends early', async () => {
    const server = serve({ ...OCTETS, 'content-length': '5' });
    const { outcome } = begin();
    await settled();
    server.body.enqueue(Uint8Array.of(1, 2));
    server.body.close();
    expect(await outcome).toEqual({ error: 'the model was cut off after 2 of 5 bytes' });
  });

  it('names the file when the connection fails, at once or on the way', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')));
    const unreachable = { error: 'the model could not be fetched: is the server there?' };
    expect(await begin().outcome).toEqual(unreachable);
    const server = serve({ ...OCTETS, 'content-length': '5' });
    const { outcome } = begin();
    await settled();
    server.body.enqueue(Uint8Array.of(1));
    await settled();
    server.body.error(new TypeError('network error'));
    expect(await outcome).toEqual(unreachable);
  });

  it('takes nothing larger than a model for browsers can be, announced or not', async () => {
    serve({ ...OCTETS, 'content-length': String(600 << 20) });
    expect(await begin().outcome).toEqual({ error: `the model is too large: ${600 << 20} bytes` });
    const server = serve(OCTETS);
    const { outcome } = begin();
    await settled();
    // The length is all that is looked at: no test needs half a gigabyte.
    server.body.enqueue({ length: 600 << 20 } as Uint8Array);
    expect(await outcome).toEqual({ error: `the model is too large: more than ${512 << 20} bytes` });
  });
});

describe('a download that stalls', () => {
  const stopped = { error: 'the model stopped coming: is the server still there?' };

  it('is given up when the server does not answer for 20 s', async () => {
    vi.stubGlobal(
      'fetch',
      (_: string, { signal }: RequestInit) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () => reject(signal.reason));
        }),
    );
    const { outcome } = begin();
    await vi.advanceTimersByTimeAsync(20_001);
    expect(await outcome).toEqual(stopped);
  });

  it('is given up when nothing has come for 20 s, and not before', async () => {
    const server = serve({ ...OCTETS, 'content-length': '100' });
    const { outcome, progress } = begin();
    const ended = vi.fn();
    void outcome.then(ended);
    // A slow connection is none that stalls: this one takes four minutes.
    for (let piece = 0; piece < 12; piece++) {
      await vi.advanceTimersByTimeAsync(19_000);
      server.body.enqueue(Uint8Array.of(piece));
    }
    await vi.advanceTimersByTimeAsync(19_000);
    expect(ended).not.toHaveBeenCalled();
    expect(progress).toHaveLength(12);
    await vi.advanceTimersByTimeAsync(1_100);
    expect(await outcome).toEqual(stopped);
  });

  it('leaves no timer behind, however it ended', async () => {
    const server = serve(OCTETS);
    const whole = begin().outcome;
    await settled();
    server.body.close();
    await whole;
    serve(OCTETS, 500);
    await begin().outcome;
    expect(vi.getTimerCount()).toBe(0);
  });
});
