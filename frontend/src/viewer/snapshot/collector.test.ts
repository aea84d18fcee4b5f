import { unzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { noCounts } from '../../detect/counts';
import type { Picture, ResultMessage } from '../../detect/messages';
import { Collection } from './collection';
import { type Bounds, Collector, type CollectorState } from './collector';
import type { Encoded } from './messages';

const ORIGIN = { version: '1', model: 'm', labels: [null, 'person'] };

const result = (frame_id: number, sent?: number): ResultMessage => ({
  type: 'result',
  result: {
    frame_id,
    capture_ts: 1_700_000_000_000,
    recv_ts: 2,
    inference_ts: 3,
    detections: [{ label: 'person', score: 0.5, xmin: 0, ymin: 0, xmax: 0.5, ymax: 1 }],
  },
  picture: { id: frame_id } as unknown as Picture,
  capture: { at: 5, source: 'capture_time' },
  rtpTimestamp: undefined,
  stamps: { sampled: 1, answered: 4, ...(sent !== undefined && { sent }) },
  clock: { offset: 0, error: null },
  counts: noCounts(),
  run: 1,
});

const jpeg = (length = 1000): Encoded => ({ bytes: new ArrayBuffer(length), width: 64, height: 48 });

type Job = { picture: Picture; done: (encoded: Encoded) => void; failed: (error: Error) => void };

/** A collector whose encoder answers when it is told to. */
async function collecting(bounds?: Bounds) {
  const jobs: Job[] = [];
  const collector = new Collector(
    {
      encode: (picture) => new Promise((done, failed) => jobs.push({ picture, done, failed })),
      open: async () => new Collection(ORIGIN),
      changed: () => {},
    },
    bounds,
  );
  await collector.start();
  const settle = async (finish: (job: Job) => void) => {
    finish(jobs.shift() as Job);
    // Whatever waits for the job goes on before the next turn.
    await new Promise((turn) => setTimeout(turn));
  };
  const collect = async (message: ResultMessage, encoded = jpeg()) => {
    collector.take(message);
    await settle(({ done }) => done(encoded));
  };
  return { collector, jobs, settle, collect };
}

function kept(state: CollectorState) {
  if (state.kind !== 'kept') throw new Error(`it is ${state.kind}`);
  return state;
}

async function filesOf(collector: Collector) {
  const files = unzipSync(new Uint8Array(await kept(collector.state).zip.arrayBuffer()));
  const text = (name: string) => new TextDecoder().decode(files[name]);
  const lines = text('frames.jsonl').trim().split('\n');
  return {
    names: Object.keys(files),
    frames: lines.map((line) => JSON.parse(line)),
    coco: JSON.parse(text('annotations.json')),
    readme: text('README.txt'),
  };
}

describe('Collector', () => {
  it('keeps frames in order, as a zip in COCO’s form', async () => {
    const { collector, collect } = await collecting();
    await collect(result(40, 2));
    await collect(result(41));
    expect(collector.state).toMatchObject({ kind: 'collecting', tally: { frames: 2, skipped: 0 } });
    collector.stop();
    const { names, frames, coco, readme } = await filesOf(collector);
    expect(names).toEqual([
      'images/000001.jpg',
      'images/000002.jpg',
      'frames.jsonl',
      'annotations.json',
      'README.txt',
    ]);
    expect(frames).toMatchObject([
      { image_id: 1, file_name: '000001.jpg', width: 64, height: 48, mode: 'server' },
      { image_id: 2, file_name: '000002.jpg', date_captured: '2023-11-14T22:13:20.000Z', mode: 'wasm' },
    ]);
    expect(frames[1].result).toEqual(result(41).result);
    expect(coco.images).toHaveLength(2);
    expect(coco.annotations).toMatchObject([{ bbox: [0, 0, 32, 48] }, { image_id: 2 }]);
    expect(readme).toMatch(/^2 frames.*not ground truth/s);
  });

  it('keeps them in order, too, when the second picture is ready first', async () => {
    const { collector, jobs, settle } = await collecting();
    collector.take(result(40));
    collector.take(result(41));
    jobs.reverse();
    await settle(({ done }) => done(jpeg()));
    expect(collector.state, 'it waits for the first').toMatchObject({ tally: { frames: 0 } });
    await settle(({ done }) => done(jpeg()));
    collector.stop();
    const { frames } = await filesOf(collector);
    expect(frames.map((each) => each.result.frame_id)).toEqual([40, 41]);
  });

  it('takes nothing before it is begun nor after it was stopped', async () => {
    const { collector, jobs, collect } = await collecting();
    await collect(result(1));
    collector.stop();
    collector.take(result(2));
    expect(jobs).toEqual([]);
    collector.discard();
    collector.take(result(3));
    expect(jobs).toEqual([]);
    expect(collector.state).toEqual({ kind: 'empty', reason: null });
  });

  it('leaves frames out while the encoder is busy, and says how many', async () => {
    const { collector, jobs, settle } = await collecting();
    for (const id of [1, 2, 3, 4]) collector.take(result(id));
    expect(jobs).toHaveLength(2);
    await settle(({ done }) => done(jpeg()));
    expect(collector.state).toMatchObject({ tally: { frames: 1, skipped: 2 } });
    collector.take(result(5));
    expect(jobs).toHaveLength(2);
  });

  it('stops by itself at the bound of frames', async () => {
    const { collector, collect } = await collecting({ bytes: 1e9, frames: 2 });
    await collect(result(1));
    await collect(result(2));
    expect(kept(collector.state)).toMatchObject({
      tally: { frames: 2 },
      reason: 'the bound of 2 frames is reached',
    });
  });

  it('stops by itself before the bound of bytes would be passed', async () => {
    const { collector, collect } = await collecting({ bytes: 2_000_000, frames: 100 });
    await collect(result(1), jpeg(1_500_000));
    await collect(result(2), jpeg(500_000));
    const { tally, reason } = kept(collector.state);
    expect(reason).toBe('the bound of 2 MB is reached');
    expect(tally).toMatchObject({ frames: 1 });
    expect(tally.bytes).toBeGreaterThan(1_500_000);
    expect(tally.bytes).toBeLessThanOrEqual(2_000_000);
    expect((await filesOf(collector)).coco.images).toHaveLength(1);
  });

  it('keeps what it has when the encoder fails, and says why', async () => {
    const { collector, collect, settle } = await collecting();
    await collect(result(1));
    collector.take(result(2));
    await settle(({ failed }) => failed(new Error('out of memory')));
    expect(kept(collector.state)).toMatchObject({ reason: 'out of memory', tally: { frames: 1 } });
  });

  it('leaves out what was still being encoded when it was stopped', async () => {
    const { collector, collect, settle } = await collecting();
    await collect(result(1));
    collector.take(result(2));
    collector.stop();
    await settle(({ done }) => done(jpeg()));
    expect((await filesOf(collector)).coco.images).toHaveLength(1);
  });

  it('does not mix a late picture into the next collection', async () => {
    const { collector, settle } = await collecting();
    collector.take(result(1));
    collector.discard();
    await collector.start();
    await settle(({ done }) => done(jpeg()));
    expect(collector.state).toMatchObject({ kind: 'collecting', tally: { frames: 0 } });
  });

  it('has nothing when no frame came, and says so', async () => {
    const { collector } = await collecting();
    collector.stop();
    expect(collector.state).toEqual({ kind: 'empty', reason: 'no frame was detected meanwhile' });
  });

  it('says why it cannot begin', async () => {
    const collector = new Collector({
      encode: () => Promise.reject(new Error('never asked')),
      open: () => Promise.reject(new Error('the server is away')),
      changed: () => {},
    });
    await collector.start();
    expect(collector.state).toEqual({ kind: 'empty', reason: 'the server is away' });
  });

  it('guards frames until they are saved or thrown away', async () => {
    const { collector, collect } = await collecting();
    expect(collector.unsaved, 'nothing yet').toBe(false);
    await collect(result(1));
    expect(collector.unsaved).toBe(true);
    collector.stop();
    expect(collector.unsaved).toBe(true);
    await collector.start();
    expect(collector.state.kind, 'not replaced').toBe('kept');
    collector.noteSaved();
    expect(collector.unsaved).toBe(false);
    expect(kept(collector.state).zip.size, 'it can be saved again').toBeGreaterThan(0);
    await collector.start();
    expect(collector.state, 'and replaced').toMatchObject({ kind: 'collecting', tally: { frames: 0 } });
  });
});
