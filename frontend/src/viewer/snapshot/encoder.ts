// The page's handle on the worker that turns pictures into files. It is started when it is first needed.
import type { Picture } from '../../detect/messages';
import type { Detection } from '../../protocol/messages';
import type { Encoded, FromEncoder, ToEncoder } from './messages';

type Waiting = { done: (encoded: Encoded) => void; failed: (error: Error) => void };

export class Encoder {
  private worker: Worker | null = null;
  private readonly waiting = new Map<number, Waiting>();
  private jobs = 0;

  /** The picture stays the caller's. Null for `boxes` makes a JPEG of the bare picture, else it is a PNG. */
  async encode(picture: Picture, boxes: readonly Detection[] | null): Promise<Encoded> {
    const copy = 'clone' in picture ? picture.clone() : await createImageBitmap(picture);
    this.worker ??= this.start();
    this.jobs += 1;
    const job: ToEncoder = { id: this.jobs, picture: copy, boxes };
    const encoded = new Promise<Encoded>((done, failed) => this.waiting.set(job.id, { done, failed }));
    this.worker.postMessage(job, [copy]);
    return encoded;
  }

  private start(): Worker {
    const worker = new Worker(new URL('./worker/worker.ts', import.meta.url), { type: 'module' });
    worker.onmessage = ({ data }: MessageEvent<FromEncoder>) => this.hear(data);
    worker.onerror = ({ message }) => this.giveUp(worker, message || 'it could not start');
    return worker;
  }

  private hear(message: FromEncoder): void {
    const job = this.waiting.get(message.id);
    this.waiting.delete(message.id);
    if ('encoded' in message) job?.done(message.encoded);
    else job?.failed(new Error(message.error));
  }

  /** The next picture gets a fresh worker. */
  private giveUp(worker: Worker, reason: string): void {
    worker.terminate();
    this.worker = null;
    for (const { failed } of this.waiting.values()) failed(new Error(`the encoder stopped: ${reason}`));
    this.waiting.clear();
  }
}
