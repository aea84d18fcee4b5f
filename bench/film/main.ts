// bench/record_demo.sh: a film of phone and viewer, one minute, recorded as it happens.
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Server } from '../../frontend/e2e/harness/server';
import { build } from '../lib/build';
import { checkPlace, statusOf } from '../lib/command';
import { progress } from '../lib/words';
import { film, LENGTH_S } from './scenes';
import { Studio } from './studio';

const HELP = `Films phone and viewer side by side, with captions: ${LENGTH_S} seconds, no network, no phone.

usage: bench/record_demo.sh [--out FILE]

  --out FILE   the film, H.264 [default: docs/demo.mp4]
  -h, --help   this text

Two real browser windows on a screen of their own (Xvfb) show what the pages really do; the phone's camera shows a clip. The
figures at the end are those of this very recording. Needs Xvfb, ffmpeg and Chromium. Other work on the machine shows in the film.`;

const OUT = 'docs/demo.mp4';

export const main = (args: string[]): Promise<number> =>
  statusOf('record_demo', async () => {
    const { values } = parseArgs({
      args,
      options: { out: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    });
    if (values.help) console.log(HELP);
    else await record(values.out ?? resolve(import.meta.dirname, '../..', OUT));
    return 0;
  });

async function record(out: string): Promise<void> {
  checkPlace('--out', out);
  build('pages', 'server');
  progress('opening the windows');
  const server = await Server.start({ flags: ['--mode', 'server'] });
  const studio = await Studio.open().catch(async (error: unknown) => {
    await server.stop();
    throw error;
  });
  try {
    await film(studio, server);
    progress('encoding');
    const { seconds, bytes } = await studio.develop(out);
    console.log(`written: ${out}, ${seconds.toFixed(1)} s, ${(bytes / 1e6).toFixed(1)} MB`);
  } finally {
    await studio.close();
    await server.stop();
  }
}
