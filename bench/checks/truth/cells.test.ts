import { expect, test } from 'vitest';
import { cellsOf, readCells } from './cells';

const STAMP = { counter: 40_321, time: 1_795_375_877_562.4375 };

const levelsOf = (cells: boolean[], white = 235, black = 16) => cells.map((cell) => (cell ? white : black));
const drawn = () => levelsOf(cellsOf(STAMP));

test.each([STAMP, { counter: 0, time: 0 }, { counter: 65_535, time: 2 ** 44 - 1 / 16 }])(
  'what is drawn is read: %o',
  (stamp) => {
    expect(readCells(levelsOf(cellsOf(stamp)))).toEqual(stamp);
  },
);

test('time is told in sixteenths of a ms', () => {
  expect(readCells(levelsOf(cellsOf({ counter: 1, time: 1_795_375_877_562.41 })))?.time).toBe(
    1_795_375_877_562.4375,
  );
});

test('dull and noisy pictures are read', () => {
  const noise = (at: number) => ((at * 37) % 31) - 15;
  const levels = levelsOf(cellsOf(STAMP), 200, 60).map((level, at) => level + noise(at));
  expect(readCells(levels)).toEqual(STAMP);
});

test('one or two wrong bits are never another stamp', () => {
  const flip = (levels: number[], at: number) => levels.with(at, 251 - (levels[at] as number));
  for (let one = 0; one < 100; one++) {
    expect(readCells(flip(drawn(), one)), `cell ${one}`).toBeNull();
    for (let two = one + 1; two < 100; two++) {
      expect(readCells(flip(flip(drawn(), one), two)), `cells ${one} and ${two}`).toBeNull();
    }
  }
});

test('a blend of two frames is unreadable', () => {
  const other = levelsOf(cellsOf({ counter: STAMP.counter + 1, time: STAMP.time + 33.3 }));
  expect(readCells(drawn().map((level, at) => (level + (other[at] as number)) / 2))).toBeNull();
});

test('rows of two frames, one above the other, are unreadable', () => {
  const other = levelsOf(cellsOf({ counter: STAMP.counter + 1, time: STAMP.time + 33.3 }));
  expect(readCells([...drawn().slice(0, 60), ...other.slice(60)])).toBeNull();
});

test('no picture, a grey one and half a strip are unreadable', () => {
  expect(readCells([])).toBeNull();
  expect(readCells(Array(100).fill(128))).toBeNull();
  expect(readCells(levelsOf(cellsOf(STAMP), 140, 90))).toBeNull();
  expect(readCells(drawn().slice(0, 80))).toBeNull();
  expect(readCells(drawn().with(50, Number.NaN))).toBeNull();
});
