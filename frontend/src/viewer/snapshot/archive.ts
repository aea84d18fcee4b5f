// A zip that grows file by file. Loaded when it is first needed: the library is no part of the page's first load.
import { strToU8, Zip, ZipDeflate } from 'fflate';

/** So much is gathered before the browser takes it over. */
const BATCH_BYTES = 4 << 20;

/**
 * What is written is handed to the browser as blobs, which it may keep on disk: hundreds of megabytes are not in this
 * page's memory, and not there twice when they are saved.
 */
export class Archive {
  private readonly blobs: Blob[] = [];
  private batch: Uint8Array<ArrayBuffer>[] = [];
  private batchBytes = 0;
  private ended = false;
  private readonly zip = new Zip((error, chunk, final) => {
    if (error) throw error;
    this.write(chunk as Uint8Array<ArrayBuffer>);
    this.ended = final;
  });

  /**
   * Bytes are taken for a picture, which nothing makes smaller: they are wrapped unchanged (level 0). Not by the zip
   * method "stored": a file of unknown length, which all in a growing zip are, breaks older macOS when it is stored.
   */
  add(name: string, content: Uint8Array | string): void {
    const isText = typeof content === 'string';
    const file = new ZipDeflate(name, { level: isText ? 6 : 0 });
    this.zip.add(file);
    file.push(isText ? strToU8(content) : content, true);
    if (this.batchBytes >= BATCH_BYTES) this.handOver();
  }

  end(): Blob {
    this.zip.end();
    if (!this.ended) throw new Error('a file of the zip was not finished');
    this.handOver();
    return new Blob(this.blobs, { type: 'application/zip' });
  }

  private write(chunk: Uint8Array<ArrayBuffer>): void {
    this.batch.push(chunk);
    this.batchBytes += chunk.length;
  }

  private handOver(): void {
    this.blobs.push(new Blob(this.batch));
    this.batch = [];
    this.batchBytes = 0;
  }
}
