import { expect, test } from 'vitest';
import { Handover } from './handover';
import type { Picture } from './messages';

class FakePicture {
  closed = false;
  constructor(readonly id: number) {}
  close() {
    this.closed = true;
  }
}

function start() {
  const sent: { id: number; rtpTimestamp: number | undefined }[] = [];
  const handover = new Handover(({ picture, rtpTimestamp }) => {
    sent.push({ id: (picture as unknown as FakePicture).id, rtpTimestamp });
  });
  const pictures: FakePicture[] = [];
  const offer = (id: number) => {
    const picture = new FakePicture(id);
    pictures.push(picture);
    handover.offer({ picture: picture as unknown as Picture, rtpTimestamp: id * 3000 });
  };
  const closed = () => pictures.filter((picture) => picture.closed).map(({ id }) => id);
  return { handover, sent, offer, closed };
}

test('a worker that waits gets the picture at once', () => {
  const { handover, sent, offer } = start();
  offer(1);
  handover.want();
  offer(2);
  expect(sent).toEqual([
    { id: 1, rtpTimestamp: 3000 },
    { id: 2, rtpTimestamp: 6000 },
  ]);
});

test('a busy worker gets none, and the newest of what came meanwhile when it is free', () => {
  const { handover, sent, offer, closed } = start();
  for (const id of [1, 2, 3, 4]) offer(id);
  expect(sent.map(({ id }) => id)).toEqual([1]);
  expect(closed()).toEqual([2, 3]);
  handover.want();
  expect(sent.at(-1)).toEqual({ id: 4, rtpTimestamp: 12000 });
  offer(5);
  expect(sent).toHaveLength(2);
});

test('asked twice it still gives one', () => {
  const { handover, sent, offer } = start();
  handover.want();
  handover.want();
  for (const id of [1, 2, 3]) offer(id);
  expect(sent.map(({ id }) => id)).toEqual([1]);
});

test('closed, it keeps no picture open and gives none', () => {
  const { handover, sent, offer, closed } = start();
  offer(1);
  offer(2);
  handover.close();
  expect(closed()).toEqual([2]);
  offer(3);
  handover.want();
  expect(closed()).toEqual([2, 3]);
  expect(sent).toHaveLength(1);
});
