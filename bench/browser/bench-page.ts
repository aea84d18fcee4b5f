// The bench's own page, served by the real server where the viewer would be: the same headers, model and socket.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launchLaptop } from '../../frontend/e2e/harness/chrome';
import { openPage, takeTroubles } from '../../frontend/e2e/harness/pages';
import { Server } from '../../frontend/e2e/harness/server';
import { until } from '../../frontend/e2e/harness/until';
import { build } from '../lib/build';
import { progress, progressDone, workFolder } from '../lib/words';

type Page = Awaited<ReturnType<typeof openPage>>['page'];

const VITE = fileURLToPath(new URL('../../frontend/node_modules/vite/bin/vite.js', import.meta.url));
const CONFIG = fileURLToPath(new URL('vite.config.mts', import.meta.url));

/** Opens the page, lets `work` use it and closes everything again, whatever happens. */
export async function withBenchPage<T>(flags: string[], work: (page: Page) => Promise<T>): Promise<T> {
  build('server');
  const pages = buildPage();
  const server = await Server.start({ flags: ['--mode', 'wasm', '--pages', pages, ...flags] });
  try {
    const laptop = await launchLaptop();
    try {
      const watched = await openPage(laptop, 'bench', server.viewerUrl);
      const { page } = watched;
      await page.exposeFunction('progress', progress);
      await until('the bench page is ready', () => page.evaluate(() => window.bench !== undefined));
      const outcome = await work(page);
      progressDone();
      const troubles = takeTroubles(watched);
      if (troubles.length > 0) throw new Error(`the page had troubles: ${troubles.join('; ')}`);
      return outcome;
    } finally {
      await laptop.close();
    }
  } finally {
    await server.stop();
  }
}

function buildPage(): string {
  progress('building the bench’s page');
  execFileSync(process.execPath, [VITE, 'build', '--config', CONFIG, '--logLevel', 'warn'], {
    stdio: 'inherit',
  });
  const pages = workFolder('pages');
  // The server does not start without a page for phones; no phone comes here.
  writeFileSync(
    join(pages, 'phone.html'),
    '<!doctype html><title>No phone takes part in this bench</title>\n',
  );
  return pages;
}
