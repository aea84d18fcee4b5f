import type { Page } from 'playwright-core';
import { expect } from 'vitest';

const ROUNDS = 5;

/** Outlines are drawn where the detections say, and nothing but outlines and labels is drawn. */
export async function expectTrueDrawing(page: Page, overlay: 'exact' | 'live'): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const drawing = await page.evaluate(() => window.e2e.drawing());
    const said = JSON.stringify(drawing);
    expect(drawing.overlay, said).toBe(overlay);
    expect(drawing.strayPixels, said).toBe(0);
    expect(Math.min(...drawing.outlines), said).toBeGreaterThan(0.95);
    const moved = drawing.movedOutlines.reduce((sum, share) => sum + share, 0) / drawing.movedOutlines.length;
    expect(moved, said).toBeLessThan(0.5);
  }
}
