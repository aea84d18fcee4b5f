// The model on ONNX Runtime: fetched, opened, checked against its manifest and warmed up.
import type { InferenceSession, Tensor } from 'onnxruntime-web';
import { words } from '../../../errors';
import type { Manifest } from '../../../protocol/messages';
import { fromJson } from '../../../protocol/parse';
import { parseManifest } from '../../../protocol/parse-manifest';
import type { BrowserEngine } from '../../messages';
import { type Decoder, makeDecoder, type RawOutputs } from '../../model/decoder';
import { within } from '../within';
import { download, type File, type Progress } from './download';

/** The first run allocates, a second one shows that it can be repeated. */
const WARM_UP_RUNS = 2;
/** For the part of the pages' own script that holds ONNX Runtime. */
const IMPORT_MS = 20_000;
/** Compiling the runtime and preparing the model take seconds on a slow machine. */
const START_MS = 60_000;
const MiB = 1 << 20;
/** Four bytes that every WebAssembly file begins with, and the version: the smallest module there is. */
const EMPTY_MODULE = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);

const RUNTIMES = {
  wasm: () => import('./runtime-wasm'),
  webgpu: () => import('./runtime-webgpu'),
};

export type SessionSettings = { engine: BrowserEngine; manifest: string; threshold: number; threads: number };
export type Loading = { progress: Progress; warmingUp: () => void; deviceLost: (reason: string) => void };

let open = 0;
/** Sessions open in this worker. */
export const openSessions = (): number => open;

export class Session {
  private constructor(
    readonly manifest: Manifest,
    /** What the next run reads: 3 planes of height × width. */
    readonly input: Float32Array,
    readonly decoder: Decoder,
    private readonly session: InferenceSession,
    private readonly tensor: Tensor,
  ) {}

  static async open(settings: SessionSettings, loading: Loading): Promise<Session> {
    checkWasmAllowed();
    const manifest = await fetchManifest(settings);
    // What the manifest says of the outputs is read before anything large is fetched.
    const decoder = makeDecoder(manifest);
    const runtime = await within(
      IMPORT_MS,
      RUNTIMES[settings.engine](),
      'ONNX Runtime’s script stopped coming',
    );
    const { ort } = runtime;
    const [wasmBinary, model] = await fetchParts(runtime, manifest, settings.manifest, loading.progress);
    loading.warmingUp();
    const wasmPaths = { mjs: runtime.module };
    Object.assign(ort.env.wasm, { wasmBinary, wasmPaths, numThreads: settings.threads });
    const session = await createSession(() =>
      ort.InferenceSession.create(model, {
        executionProviders: [settings.engine],
        graphOptimizationLevel: 'all',
      }),
    );
    open += 1;
    if (settings.engine === 'webgpu') void watchDevice(ort.env.webgpu.device, loading.deviceLost);
    const { width, height } = manifest.input;
    const input = new Float32Array(3 * width * height);
    const tensor = new ort.Tensor('float32', input, [1, 3, height, width]);
    const opened = new Session(manifest, input, decoder, session, tensor);
    await opened.warmUp().catch((error: unknown) => {
      opened.close();
      throw error;
    });
    return opened;
  }

  async run(): Promise<RawOutputs> {
    return this.session.run({ [this.manifest.input.name]: this.tensor });
  }

  /** Not while it runs. */
  close(): void {
    this.session.release().then(
      () => {
        open -= 1;
      },
      (error: unknown) => console.warn('the session was not released', error),
    );
  }

  private async warmUp(): Promise<void> {
    const { input } = this.manifest;
    if (!this.session.inputNames.includes(input.name)) {
      throw new Error(`the model does not fit its manifest: it has no input “${input.name}”`);
    }
    for (let run = 0; run < WARM_UP_RUNS; run++) {
      const outputs = await this.run().catch((error: unknown) => {
        throw new Error(`the model does not fit its manifest: ${words(error)}`);
      });
      this.decoder.check(outputs);
    }
  }
}

/** Without this ONNX Runtime would hide the reason among its own words. */
function checkWasmAllowed(): void {
  try {
    new WebAssembly.Module(EMPTY_MODULE);
  } catch (error) {
    throw new Error(
      "this page may not run WebAssembly: its Content-Security-Policy must allow 'wasm-unsafe-eval' " +
        `(${words(error)})`,
    );
  }
}

async function fetchManifest({ manifest: url, threshold }: SessionSettings): Promise<Manifest> {
  const file = { name: 'the model’s manifest', url, type: /json/, most: MiB };
  const manifest = parseManifest(fromJson(new TextDecoder().decode(await download(file))));
  if (!manifest) throw new Error('the model’s manifest is not one that this version reads');
  return { ...manifest, thresholds: { ...manifest.thresholds, score: threshold } };
}

type Runtime = { binary: string; module: string };

/** Runtime and model at once; progress tells of both together. */
async function fetchParts(runtime: Runtime, manifest: Manifest, manifestUrl: string, progress: Progress) {
  const model = new URL(encodeURIComponent(manifest.file), new URL(manifestUrl, location.href)).href;
  const told = together(3, progress);
  const stop = new AbortController();
  const get = (index: number, file: File) => download(file, told(index), stop.signal);
  try {
    return await Promise.all([
      get(0, { name: 'ONNX Runtime', url: runtime.binary, type: /^application\/wasm/, most: 64 * MiB }),
      get(1, { name: 'the model', url: model, type: /^(?!text.html)/, most: 512 * MiB }),
      // ONNX Runtime fetches this one itself, from the browser's cache: asked for here so that its faults are named.
      get(2, { name: 'ONNX Runtime’s script', url: runtime.module, type: /javascript/, most: MiB }),
    ]);
  } finally {
    // Without one of them the others are of no use.
    stop.abort();
  }
}

/** Tells of several downloads as of one; the total is known when all are. */
function together(count: number, progress: Progress): (index: number) => Progress {
  const parts = Array.from({ length: count }, () => ({ loaded: 0, total: null as number | null }));
  return (index) => (loaded, total) => {
    parts[index] = { loaded, total };
    const totals = parts.map((part) => part.total);
    progress(
      sum(parts.map((part) => part.loaded)),
      totals.every((each) => each !== null) ? sum(totals) : null,
    );
  };
}

const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);

async function createSession(create: () => Promise<InferenceSession>): Promise<InferenceSession> {
  try {
    return await within(START_MS, create(), 'ONNX Runtime does not start');
  } catch (error) {
    const reason = words(error);
    // What ONNX Runtime says when it has not even come to the model.
    const what = /^no available backend/.test(reason)
      ? 'ONNX Runtime cannot start'
      : 'the model cannot be opened';
    throw new Error(`${what}: ${reason}`);
  }
}

type Device = { lost: Promise<{ reason: string; message: string }> };

async function watchDevice(device: Promise<Device>, deviceLost: (reason: string) => void): Promise<void> {
  const { reason, message } = await (await device).lost;
  deviceLost(message || reason);
}
