import { describe, expect, it } from 'vitest';
import type { FrameRecord } from '../../frontend/src/viewer/frame-record';
import { notesOn } from './notes';
import { sampleRun } from './report/fixture';

const run = sampleRun({ title: '', mode: 'server', seconds: 30, fps: 15 });
const timedBy = (capture_source: FrameRecord['capture_source']) =>
  run.frames.map((frame) => ({ ...frame, capture_source }));
const whole = { ...run, frames: timedBy('capture_time') };
const lasting = (duration_s: number | null) => ({ ...whole, metrics: { ...whole.metrics, duration_s } });

describe('notes', () => {
  it('are none on a recording as it should be', () => {
    expect(notesOn(whole, 30, false)).toEqual([]);
    expect(notesOn(lasting(29.7), 30, false)).toEqual([]);
    expect(notesOn(lasting(null), 1, false)).toEqual([]);
  });

  it('tell of an interrupt', () => {
    expect(notesOn(lasting(11.6), 30, true)).toEqual(['interrupted after 12 s of 30 s']);
  });

  it('tell that frames stopped coming: the rates know nothing of the rest', () => {
    expect(notesOn(lasting(5.2), 30, false)).toEqual(['frames came during 5 s of 30 s only']);
  });

  it('tell of latencies that are not from the camera on', () => {
    const [note, ...others] = notesOn({ ...run, frames: timedBy('receive_time') }, 30, false);
    expect(note).toContain(`${run.frames.length} of ${run.frames.length} frames were not timed by`);
    expect(others).toEqual([]);
    const [first, ...rest] = whole.frames;
    const once = first ? [{ ...first, capture_source: 'sample_time' as const }, ...rest] : [];
    expect(notesOn({ ...whole, frames: once }, 30, false)).toEqual([]);
  });
});
