// The machine-readable cells along the lower edge of the check's camera pictures: a counter and the time of drawing.
// Five rows of twenty cells, 32 × 16 pixels each: whole blocks of the video's coder. Every row begins white, black and
// ends black, white, which gives the two levels at both ends; between them lie sixteen bits, most significant first:
// counter, three words of time, CRC.

export type Layout = typeof LAYOUT;
export const LAYOUT = { width: 640, height: 480, columns: 20, rows: 5, cellHeight: 16 };

export type Stamp = {
  /** Modulo 2¹⁶. */
  counter: number;
  /** ms since the epoch, in sixteenths. */
  time: number;
};

const LEAST_CONTRAST = 80;
const TICKS_PER_MS = 16;

/** All cells, row by row, true for white. Is sent into the camera's page as text: uses nothing from outside. */
export function cellsOf({ counter, time }: { counter: number; time: number }): boolean[] {
  const ticks = Math.round(time * 16);
  const words = [counter, Math.floor(ticks / 2 ** 32), Math.floor(ticks / 2 ** 16), ticks].map(
    (word) => word % 2 ** 16,
  );
  const bitsOf = (word: number) => Array.from({ length: 16 }, (_, bit) => ((word >> (15 - bit)) & 1) === 1);
  // CRC-16 by x¹⁶ + x¹² + x⁵ + 1, starting with all ones.
  const crc = words.flatMap(bitsOf).reduce((register, bit) => {
    const top = register >> 15 !== Number(bit);
    return ((register << 1) & 0xffff) ^ (top ? 0x1021 : 0);
  }, 0xffff);
  return [...words, crc].flatMap((word) => [true, false, ...bitsOf(word), false, true]);
}

/** What the brightness (0–255) of all cells says, or null when it cannot be told for sure: never a guess. */
export function readCells(levels: readonly number[]): Stamp | null {
  const { columns, rows } = LAYOUT;
  if (levels.length !== columns * rows) return null;
  const cells: boolean[] = [];
  for (let row = 0; row < rows; row++) {
    const read = readRow(levels.slice(row * columns, (row + 1) * columns));
    if (!read) return null;
    cells.push(...read);
  }
  const word = (row: number) =>
    cells.slice(row * columns + 2, row * columns + 18).reduce((bits, bit) => bits * 2 + Number(bit), 0);
  const ticks = word(1) * 2 ** 32 + word(2) * 2 ** 16 + word(3);
  const stamp = { counter: word(0), time: ticks / TICKS_PER_MS };
  // What would be drawn for it has its own CRC and markers: all of them must be what was seen.
  return cellsOf(stamp).every((white, at) => white === cells[at]) ? stamp : null;
}

/** A blend of two frames gives cells in between: such a row is unreadable. */
function readRow(levels: readonly number[]): boolean[] | null {
  const at = (cell: number) => levels.at(cell) as number;
  const white = Math.min(at(0), at(-1));
  const black = Math.max(at(1), at(-2));
  if (!(white - black >= LEAST_CONTRAST)) return null;
  const shares = levels.map((level) => (level - black) / (white - black));
  return shares.some((share) => share > 0.3 && share < 0.7) ? null : shares.map((share) => share > 0.5);
}
