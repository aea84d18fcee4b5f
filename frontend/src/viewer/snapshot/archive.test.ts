import { unzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { Archive } from './archive';

const unzip = async (zip: Blob) => unzipSync(new Uint8Array(await zip.arrayBuffer()));

const noise = (length: number) =>
  Uint8Array.from({ length }, (_, at) => (at * 7919 + (at >> 8) * 104729) & 0xff);

describe('Archive', () => {
  it('gives back what was put in', async () => {
    const archive = new Archive();
    archive.add('images/1.jpg', noise(100_000));
    archive.add('empty.bin', new Uint8Array());
    archive.add('words.txt', 'Grüße, 世界');
    const files = await unzip(archive.end());
    expect(Object.keys(files)).toEqual(['images/1.jpg', 'empty.bin', 'words.txt']);
    expect(files['images/1.jpg']).toEqual(noise(100_000));
    expect(files['empty.bin']).toHaveLength(0);
    expect(new TextDecoder().decode(files['words.txt'])).toBe('Grüße, 世界');
  });

  it('wraps bytes unchanged, and makes text smaller', async () => {
    const size = async (content: Uint8Array | string) => {
      const archive = new Archive();
      archive.add('file', content);
      return archive.end().size;
    };
    expect(await size(new Uint8Array(100_000))).toBeGreaterThan(100_000);
    expect(await size('0'.repeat(100_000))).toBeLessThan(1000);
  });

  it('is whole when it is larger than what is gathered at once', async () => {
    const archive = new Archive();
    const picture = noise(1 << 20);
    for (let at = 0; at < 10; at++) archive.add(`${at}.jpg`, picture);
    const files = await unzip(archive.end());
    expect(Object.keys(files)).toHaveLength(10);
    for (const file of Object.values(files))
      expect(file.every((byte, at) => byte === picture[at])).toBe(true);
  });
});
