// The smallest model there is: its output is its input. Written by hand, field by field, as onnx.proto numbers them.

/** A protobuf field: a number, or bytes with their length before them. */
function field(number: number, value: number | string | Buffer): Buffer {
  if (typeof value === 'number') return Buffer.from([...varint(number << 3), ...varint(value)]);
  const bytes = Buffer.from(value as Buffer);
  return Buffer.from([...varint((number << 3) | 2), ...varint(bytes.length), ...bytes]);
}

const varint = (value: number): number[] =>
  value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >> 7)];

const message = (...fields: Buffer[]): Buffer => Buffer.concat(fields);

const FLOAT = 1;

function tensorInfo(name: string, shape: number[]): Buffer {
  const dims = shape.map((size) => field(1, field(1, size)));
  const tensor = message(field(1, FLOAT), field(2, message(...dims)));
  return message(field(1, name), field(2, field(1, tensor)));
}

export function identityModel(input: string, output: string, shape: number[]): Buffer {
  const node = message(field(1, input), field(2, output), field(4, 'Identity'));
  const graph = message(
    field(1, node),
    field(2, 'identity'),
    field(11, tensorInfo(input, shape)),
    field(12, tensorInfo(output, shape)),
  );
  const irVersion = field(1, 8);
  const opset = field(8, field(2, 13));
  return message(irVersion, field(7, graph), opset);
}
