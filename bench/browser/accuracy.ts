// The same photos through the server and through the browser: average precision, and whether the boxes agree.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { ROOT } from '../../frontend/e2e/harness/paths';
import type { Detection } from '../../frontend/src/protocol/messages';
import { decimals, type Goal, type Measured, progress, table, workFolder } from '../lib/words';
import {
  compare,
  type Finding,
  LEAST_IOU,
  MOST_SCORE_GAP,
  type Share,
  SURE,
  shareOf,
  sureIn,
} from './agreement';
import { withBenchPage } from './bench-page';
import type { Options } from './main';
import type { PhotoDetections } from './messages';

/** Average precision looks at unsure detections, too. */
const SCORE = '0.01';
const MOST_AP_GAP = 0.01;
const LEAST_SHARE = 0.95;

type Photo = { id: number; file_name: string; width: number; height: number };
type Annotations = { images: Photo[]; categories: { id: number; name: string }[] };
type Detected = Photo & Pick<PhotoDetections, 'server' | 'browser'>;
type Precision = { ap: number; ap50: number };

export async function accuracy({ threads, model }: Options, folder: string): Promise<Measured> {
  const annotations = readAnnotations(folder);
  const photos = await withBenchPage(['--model', model, '--score', SCORE], async (page) => {
    const done: Detected[] = [];
    for (const photo of annotations.images) {
      progress(`photo ${done.length + 1} of ${annotations.images.length}: ${photo.file_name}`);
      const jpeg = readFileSync(join(folder, 'images', photo.file_name)).toString('base64');
      const found = await page.evaluate(([bytes, count]) => window.bench?.photo(bytes, count), [
        jpeg,
        threads,
      ] as const);
      done.push({ ...photo, ...sameSize(photo, found) });
    }
    return done;
  });
  const precision = precisionOf(folder, annotations, photos, model);
  const agreement = agreementOf(photos);
  showAgreement(agreement);
  return {
    figures: { photos: photos.length, ...precision, ...agreement },
    goals: goalsOf(precision, agreement.both),
  };
}

function readAnnotations(folder: string): Annotations {
  const file = join(folder, 'instances.json');
  if (!existsSync(file) || !existsSync(join(folder, 'images')))
    throw new Error(`no evaluation set at ${folder}: give a folder with instances.json and images/`);
  return JSON.parse(readFileSync(file, 'utf8'));
}

function sameSize(photo: Photo, found: PhotoDetections | undefined): PhotoDetections {
  if (!found) throw new Error('the bench page went away');
  if (found.width === photo.width && found.height === photo.height) return found;
  throw new Error(`${photo.file_name} is ${found.width}×${found.height}, not as its annotations say`);
}

/** By the same program that judges the server's own pipeline and plain Python. */
function precisionOf(folder: string, annotations: Annotations, photos: Detected[], model: string) {
  const out = workFolder('accuracy');
  const files = (['server', 'browser'] as const).map((side) => {
    const file = join(out, `${side}.json`);
    writeFileSync(
      file,
      JSON.stringify(photos.flatMap((photo) => cocoResults(photo, photo[side], annotations))),
    );
    return file;
  });
  const report = join(out, 'precision.json');
  const data = ['--annotations', join(folder, 'instances.json'), '--images', join(folder, 'images')];
  const program = ['models/eval/reference.py', '--model', model, ...data, '--limit', '1'];
  execFileSync('models/eval/python.sh', [...program, '--out', report, '--detections', ...files], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  console.log(`\nCOCO results: ${files.map((file) => relative(process.cwd(), file)).join(', ')}`);
  const { reference, server, browser }: Record<string, Precision> = JSON.parse(readFileSync(report, 'utf8'));
  if (!reference || !server || !browser) throw new Error(`${report} lacks a row`);
  return { precision: { reference, server, browser } };
}

function cocoResults(photo: Photo, detections: Detection[], { categories }: Annotations) {
  return detections.map(({ label, score, xmin, ymin, xmax, ymax }) => {
    const category = categories.find(({ name }) => name === label);
    if (!category) throw new Error(`the annotations know no "${label}"`);
    const [width, height] = [(xmax - xmin) * photo.width, (ymax - ymin) * photo.height];
    const bbox = [xmin * photo.width, ymin * photo.height, width, height];
    return { image_id: photo.id, category_id: category.id, bbox, score };
  });
}

function agreementOf(photos: Detected[]) {
  const each = photos.map((photo) => ({ photo, findings: compare(photo.server, photo.browser) }));
  const all = each.flatMap(({ findings }) => findings);
  const perPhoto = each.map(({ photo, findings }) => ({ file: photo.file_name, ...shareOf(findings) }));
  const misses = each.flatMap(({ photo, findings }) =>
    findings.filter(({ agrees }) => !agrees).map((finding) => ({ file: photo.file_name, ...finding })),
  );
  return {
    both: shareOf(all),
    server_sure: shareOf(sureIn('server', all)),
    browser_sure: shareOf(sureIn('browser', all)),
    per_photo: perPhoto,
    misses,
  };
}

function showAgreement({
  both,
  server_sure,
  browser_sure,
  per_photo,
  misses,
}: ReturnType<typeof agreementOf>) {
  const row = (name: string, { agreeing, of, share }: Share) => [
    name,
    `${agreeing} of ${of}`,
    percent(share),
  ];
  const full = per_photo.filter(({ of, agreeing }) => of > 0 && agreeing === of).length;
  const some = per_photo.filter(({ of }) => of > 0).length;
  console.log(`\nagreement: IoU ≥ ${LEAST_IOU} and |Δscore| ≤ ${MOST_SCORE_GAP}, same label\n`);
  console.log(
    table([
      row(`detections > ${SURE} of the server`, server_sure),
      row(`detections > ${SURE} of the browser`, browser_sure),
      row('of either, each pair once', both),
      [
        'photos where all agree (of those with any)',
        `${full} of ${some}`,
        percent(some === 0 ? null : full / some),
      ],
    ]),
  );
  if (misses.length > 0) console.log(`\n${table([MISS_HEAD, ...misses.map(missRow)])}`);
}

const percent = (share: number | null): string => (share === null ? '–' : `${(100 * share).toFixed(1)} %`);

const MISS_HEAD = ['not agreed', 'label', 'server', 'browser', 'IoU'];

function missRow({ file, server, browser, iou }: Finding & { file: string }): string[] {
  const score = (detection: Detection | null) => (detection ? decimals(detection.score, 3) : 'none');
  return [file, (server ?? browser)?.label ?? '', score(server), score(browser), decimals(iou, 3)];
}

function goalsOf({ precision }: ReturnType<typeof precisionOf>, { share }: Share): Goal[] {
  const gap = precision.browser.ap - precision.server.ap;
  return [
    {
      text: `AP of the browser within ${MOST_AP_GAP} of the server's: ${gap >= 0 ? '+' : ''}${gap.toFixed(4)}`,
      met: Math.abs(gap) <= MOST_AP_GAP,
    },
    {
      text: `at least ${100 * LEAST_SHARE} % of detections above ${SURE} agree: ${percent(share)}`,
      met: share !== null && share >= LEAST_SHARE,
    },
  ];
}
