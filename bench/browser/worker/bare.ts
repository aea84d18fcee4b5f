// ONNX Runtime with nothing of ours around it, on the input that the detector would give it.
import { Preprocessor } from '../../../frontend/src/detect/model/resize';
import { Shrinker } from '../../../frontend/src/detect/worker/shrink';
import type { Manifest } from '../../../frontend/src/protocol/messages';
import { parseManifest } from '../../../frontend/src/protocol/parse-manifest';
import { DEFAULTS } from '../../../frontend/src/viewer/options';
import type { Yuv } from './yuv';

type Ort = typeof import('../../../frontend/src/detect/worker/browser/runtime-wasm').ort;
type Session = Awaited<ReturnType<Ort['InferenceSession']['create']>>;
type Tensor = InstanceType<Ort['Tensor']>;

export class BareRun {
  private constructor(
    private readonly session: Session,
    private readonly feeds: Record<string, Tensor>,
  ) {}

  /** A detector is open already: it has set the runtime's threads, and the browser has the files in its cache. */
  static async open(manifestUrl: string, picture: Yuv): Promise<BareRun> {
    const manifest = parseManifest(await (await fetch(manifestUrl)).json());
    if (!manifest) throw new Error('the manifest is not one that the pages read');
    const model = await fetch(new URL(manifest.file, new URL(manifestUrl, location.href)));
    const bytes = new Uint8Array(await model.arrayBuffer());
    // As the pages do: a static import would move the runtime into the worker's own file.
    const { ort } = await import('../../../frontend/src/detect/worker/browser/runtime-wasm');
    const session = await ort.InferenceSession.create(bytes, { executionProviders: ['wasm'] });
    const { name, width, height } = manifest.input;
    const tensor = new ort.Tensor('float32', inputFor(manifest, picture), [1, 3, height, width]);
    return new BareRun(session, { [name]: tensor });
  }

  /** How long one run takes, in ms. */
  async time(): Promise<number> {
    const began = performance.now();
    await this.session.run(this.feeds);
    return performance.now() - began;
  }

  close(): void {
    void this.session.release();
  }
}

function inputFor({ input }: Manifest, { bytes, init }: Yuv): Float32Array {
  const frame = new VideoFrame(bytes, init);
  const shrinker = new Shrinker(DEFAULTS);
  shrinker.draw(frame);
  frame.close();
  const { data, width, height } = shrinker.pixels();
  const tensor = new Float32Array(3 * input.width * input.height);
  new Preprocessor(input).fill(data, width, height, tensor);
  return tensor;
}
