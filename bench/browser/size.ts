// What a viewer in wasm mode downloads until it can detect, as a page load tells.
import { gzipSync } from 'node:zlib';
import { launchLaptop } from '../../frontend/e2e/harness/chrome';
import { Server } from '../../frontend/e2e/harness/server';
import { until } from '../../frontend/e2e/harness/until';
import type { BrowserEngine } from '../../frontend/src/detect/messages';
import { build } from '../lib/build';
import { type Measured, progress, progressDone, table } from '../lib/words';
import type { Options } from './main';

type Browser = Awaited<ReturnType<typeof launchLaptop>>;
type Kind = 'JavaScript' | 'CSS' | 'HTML' | 'runtime' | 'model';
type File = { path: string; kind: Kind; raw: number; gzip: number };
type Load = { engine: BrowserEngine; files: File[] };

/** By what the server says they are; all else (icon, JSON) weighs next to nothing. */
const KINDS: [RegExp, Kind][] = [
  [/javascript/, 'JavaScript'],
  [/^text\/css/, 'CSS'],
  [/^text\/html/, 'HTML'],
  [/^application\/wasm/, 'runtime'],
  [/octet-stream/, 'model'],
];
const MOST_JAVASCRIPT = 200_000;

export async function size({ model }: Options): Promise<Measured> {
  build('pages', 'server');
  const server = await Server.start({ flags: ['--mode', 'wasm', '--model', model] });
  const laptop = await launchLaptop();
  try {
    const loads: Load[] = [];
    for (const engine of ['wasm', 'webgpu'] as const) {
      progress(`loading the viewer for ${engine}`);
      loads.push({ engine, files: await filesOf(laptop, server.viewerUrl, engine) });
    }
    progressDone();
    for (const load of loads) show(load);
    return { figures: { loads }, goals: loads.map(goalOf) };
  } finally {
    await Promise.all([laptop.close(), server.stop()]);
  }
}

/** Loads the page with an empty cache until its detector is ready, and looks at each file that came. */
async function filesOf(laptop: Browser, viewer: string, engine: BrowserEngine): Promise<File[]> {
  const context = await laptop.newContext();
  const found = new Map<string, Kind>();
  // The worker's files are told here, too.
  context.on('response', (response) => {
    const type = response.headers()['content-type'] ?? '';
    const kind = KINDS.find(([pattern]) => pattern.test(type))?.[1];
    if (kind && response.status() === 200) found.set(response.url(), kind);
  });
  const page = await context.newPage();
  await page.goto(`${viewer}?mode=wasm&engine=${engine}&room=new`);
  await until('the detector is loaded', async () => {
    const state = await page.evaluate(() => window.sightline?.state().detector ?? null);
    // Without a graphics card WebGPU fails in the end, but only when everything has been downloaded.
    if (state?.kind === 'failed' && engine === 'wasm') throw new Error(`the detector: ${state.message}`);
    return state?.kind === 'ready' || state?.kind === 'failed';
  });
  await context.close();
  const files = await Promise.all([...found].map(([url, kind]) => weigh(url, kind)));
  const missing = (['JavaScript', 'runtime', 'model'] as const).filter(
    (kind) => !files.some((file) => file.kind === kind),
  );
  if (missing.length > 0) throw new Error(`with ${engine} the page loaded no ${missing.join(', no ')}`);
  return files;
}

async function weigh(url: string, kind: Kind): Promise<File> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answers ${response.status} the second time`);
  const bytes = Buffer.from(await response.arrayBuffer());
  return { path: new URL(url).pathname, kind, raw: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length };
}

const sum = (files: File[], kind: Kind, of: 'raw' | 'gzip'): number =>
  files.filter((file) => file.kind === kind).reduce((total, file) => total + file[of], 0);

const bytes = (count: number): string => count.toLocaleString('en').replaceAll(',', ' ');

function show({ engine, files }: Load): void {
  const rows = KINDS.flatMap(([, kind]) => [
    [`${kind}, all`, bytes(sum(files, kind, 'raw')), bytes(sum(files, kind, 'gzip'))],
    ...files
      .filter((file) => file.kind === kind)
      .map(({ path, raw, gzip }) => [`  ${path}`, bytes(raw), bytes(gzip)]),
  ]);
  console.log(`\n${table([[`with ${engine}`, 'bytes', 'gzip -9'], ...rows])}`);
}

function goalOf({ engine, files }: Load) {
  const javascript = sum(files, 'JavaScript', 'gzip');
  return {
    text: `JavaScript with ${engine} < ${bytes(MOST_JAVASCRIPT)} bytes by gzip: ${bytes(javascript)}`,
    met: javascript < MOST_JAVASCRIPT,
  };
}
