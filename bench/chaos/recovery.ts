// How soon after its cause ended detection is back: frames captured since then are on the screen with their boxes.
import type { Rig } from './rig';

/** One could be an accident. */
const RESULTS = 3;
const LOOK_EVERY_MS = 25;
/** After this the pages are loaded anew, and it counts as not healed. */
export const PATIENCE_MS = 30_000;

/** Milliseconds from `since` to the last of these results; null if they did not come. */
export async function detectionBack(rig: Rig, since: number): Promise<number | null> {
  const seen = new Set<number>();
  while (Date.now() - since < PATIENCE_MS) {
    const capture = await newestCapture(rig);
    if (capture !== null && capture >= since) seen.add(capture);
    if (seen.size >= RESULTS) return Date.now() - since;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  return null;
}

/** Of the result on the screen, in the server's clock, which is this machine's. */
async function newestCapture({ viewer }: Rig): Promise<number | null> {
  try {
    return await viewer.page.evaluate(() => window.sightline?.state().last?.capture_ts ?? null);
  } catch {
    // Between two documents.
    return null;
  }
}

/** What the two pages tell people at this moment. */
export async function said({ viewer, phone }: Rig): Promise<{ viewer: string; phone: string }> {
  const status = async ({ page }: Rig['viewer']) => {
    const text = page.evaluate(() => document.querySelector<HTMLElement>('#status')?.innerText ?? '');
    // A page that is held still says what it said before, and cannot be asked.
    const silent = new Promise<string>((resolve) => setTimeout(() => resolve('(cannot be asked)'), 1000));
    return (await Promise.race([text.catch(() => '(no page)'), silent])).replaceAll(/\s+/g, ' ').trim();
  };
  const [onViewer, onPhone] = await Promise.all([status(viewer), status(phone)]);
  return { viewer: onViewer, phone: onPhone };
}
