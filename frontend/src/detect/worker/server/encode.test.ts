import { describe, expect, it } from 'vitest';
import { frameMessage } from './encode';

describe('frameMessage', () => {
  it('is the header of the contract and then the JPEG', () => {
    const message = frameMessage(0xfffffffe, 1690000000000.25, new Uint8Array([0xff, 0xd8, 0xff]).buffer);
    const view = new DataView(message);
    expect(message.byteLength).toBe(15);
    expect(Array.from(new Uint8Array(message, 0, 4))).toEqual([0xfe, 0xff, 0xff, 0xff]);
    expect(view.getFloat64(4, true)).toBe(1690000000000.25);
    expect(Array.from(new Uint8Array(message, 12))).toEqual([0xff, 0xd8, 0xff]);
  });
});
