// Collected frames on their way into a zip. Loaded with the zip library, when the first frame is to be collected.
import type { ResultMessage } from '../../detect/messages';
import { ask } from '../../protocol/api';
import type { ClientConfig } from '../../protocol/messages';
import { parseManifest } from '../../protocol/parse-manifest';
import { Archive } from './archive';
import { cocoOf, type Origin } from './coco';
import { type CollectedFrame, savedFrame } from './frame';
import type { Encoded } from './messages';
import { readmeText } from './readme';

export async function openCollection({ version, model }: ClientConfig): Promise<Collection> {
  const { labels } = await ask(model.manifest, parseManifest);
  return new Collection({ version, model: model.name, labels });
}

export class Collection {
  /** Of the pictures and the lines of frames.jsonl. The annotations repeat a part of those lines. */
  bytes = 0;
  private readonly archive = new Archive();
  private readonly frames: CollectedFrame[] = [];
  private readonly lines: string[] = [];

  constructor(private readonly origin: Origin) {}

  get size(): number {
    return this.frames.length;
  }

  /** False, and nothing is added, where it would become larger than `most` bytes. */
  add(message: ResultMessage, { bytes, ...size }: Encoded, most: number): boolean {
    const image_id = this.size + 1;
    const file_name = `${String(image_id).padStart(6, '0')}.jpg`;
    const frame = { image_id, ...savedFrame(message, file_name, size) };
    const line = `${JSON.stringify(frame)}\n`;
    const grown = this.bytes + bytes.byteLength + line.length;
    if (grown > most) return false;
    this.archive.add(`images/${file_name}`, new Uint8Array(bytes));
    this.frames.push(frame);
    this.lines.push(line);
    this.bytes = grown;
    return true;
  }

  zip(): Blob {
    const { archive, frames, lines, origin } = this;
    const now = new Date();
    archive.add('frames.jsonl', lines.join(''));
    archive.add('annotations.json', `${JSON.stringify(cocoOf(frames, origin, now))}\n`);
    archive.add('README.txt', readmeText(frames.length, origin, now));
    return archive.end();
  }
}
