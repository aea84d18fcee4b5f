// How far two detectors agree on the same pictures.
import { type Corners, iou } from '../../frontend/e2e/harness/truth';
import type { Detection } from '../../frontend/src/protocol/messages';

/** Detections above this score must have a partner. */
export const SURE = 0.5;
export const LEAST_IOU = 0.95;
export const MOST_SCORE_GAP = 0.03;
/** Boxes that overlap by less are two different ones. */
const SAME_OBJECT = 0.5;

export type Pair = { server: Detection; browser: Detection; iou: number };
/** A box that either side is sure of; `null` where the other side has none. */
export type Finding = { server: Detection | null; browser: Detection | null; iou: number; agrees: boolean };

export function compare(server: Detection[], browser: Detection[]): Finding[] {
  const pairs = partners(server, browser);
  const found = pairs.map((pair) => ({ ...pair, agrees: agrees(pair) }));
  const taken = new Set(pairs.flatMap((pair) => [pair.server, pair.browser]));
  const alone = (detections: Detection[]) =>
    detections.filter((detection) => detection.score > SURE && !taken.has(detection));
  return [
    ...found,
    ...alone(server).map((each) => ({ server: each, browser: null, iou: 0, agrees: false })),
    ...alone(browser).map((each) => ({ server: null, browser: each, iou: 0, agrees: false })),
  ];
}

/** Each box has one partner at most: those that overlap most find each other first. */
function partners(server: Detection[], browser: Detection[]): Pair[] {
  const possible = server.flatMap((one) =>
    browser
      .filter((other) => other.label === one.label && Math.max(one.score, other.score) > SURE)
      .map((other) => ({ server: one, browser: other, iou: iou(corners(one), corners(other)) })),
  );
  const taken = new Set<Detection>();
  return possible
    .filter((pair) => pair.iou >= SAME_OBJECT)
    .sort((a, b) => b.iou - a.iou)
    .filter((pair) => {
      if (taken.has(pair.server) || taken.has(pair.browser)) return false;
      taken.add(pair.server).add(pair.browser);
      return true;
    });
}

const agrees = ({ server, browser, iou }: Pair): boolean =>
  iou >= LEAST_IOU && Math.abs(server.score - browser.score) <= MOST_SCORE_GAP;

const corners = ({ xmin, ymin, xmax, ymax }: Detection): Corners => [xmin, ymin, xmax, ymax];

export type Share = { agreeing: number; of: number; share: number | null };

/** The share of the findings that agree; of none there is no share. */
export function shareOf(findings: Finding[]): Share {
  const agreeing = findings.filter((finding) => finding.agrees).length;
  const of = findings.length;
  return { agreeing, of, share: of === 0 ? null : agreeing / of };
}

export const sureIn = (side: 'server' | 'browser', findings: Finding[]): Finding[] =>
  findings.filter((finding) => (finding[side]?.score ?? 0) > SURE);
