import { beforeEach, describe, expect, it } from 'vitest';
import { PictureLane, type PictureMessage } from './picture-lane';

let sent: number[];
let closed: number[];
let lane: PictureLane;

beforeEach(() => {
  sent = [];
  closed = [];
  lane = new PictureLane(({ rtpTimestamp }) => sent.push(rtpTimestamp as number));
});

const picture = (id: number): PictureMessage => ({
  type: 'picture',
  rtpTimestamp: id,
  picture: { width: 1, height: 1, close: () => closed.push(id) },
});

const offer = (...ids: number[]) => {
  for (const id of ids) lane.offer(picture(id));
};

describe('PictureLane', () => {
  it('has one picture under way; behind it the newest waits, and what it replaced is closed', () => {
    offer(1, 2, 3, 4);
    expect(sent).toEqual([1]);
    lane.taken();
    expect(sent).toEqual([1, 4]);
    expect(closed).toEqual([2, 3]);
  });

  it('passes at once what comes when the worker waits', () => {
    offer(1);
    lane.taken();
    offer(2);
    expect(sent).toEqual([1, 2]);
  });

  it('keeps nothing of a track that has ended, and still waits for the worker', () => {
    offer(1, 2);
    lane.drop();
    offer(3);
    expect(sent).toEqual([1]);
    lane.taken();
    expect([sent, closed]).toEqual([[1, 3], [2]]);
  });

  it('begins anew with another worker', () => {
    offer(1, 2);
    lane.reset();
    offer(3);
    expect([sent, closed]).toEqual([[1, 3], [2]]);
  });
});
