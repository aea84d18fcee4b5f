// The frame counter in the clips' pixels; bench/clips/README.md describes it.

const CRC_BITS = 4;
const BITS = 10;

/** The counter told by the brightness of the sixteen cells, or null when it cannot be told for sure. */
export function decodeCounter(cells: readonly number[]): number | null {
  const [white, black] = cells;
  if (cells.length !== 16 || white === undefined || black === undefined || white - black < 80) return null;
  const shares = cells.map((cell) => (cell - black) / (white - black));
  if (shares.some((share) => share > 0.3 && share < 0.7)) return null;
  const word = shares.reduce((bits, share) => (bits << 1) | Number(share > 0.5), 0);
  const counter = (word >> CRC_BITS) & ((1 << BITS) - 1);
  return (word & 0xf) === crc4(counter) ? counter : null;
}

/** Remainder of the counter's ten bits, most significant first, by x⁴ + x + 1. */
export function crc4(counter: number): number {
  let register = 0;
  for (let bit = BITS - 1; bit >= 0; bit--) {
    const top = (register >> 3) ^ ((counter >> bit) & 1);
    register = ((register << 1) & 0xf) ^ (top ? 0b0011 : 0);
  }
  return register;
}
