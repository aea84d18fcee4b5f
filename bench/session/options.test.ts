import { describe, expect, test } from 'vitest';
import { sentence } from '../lib/words';
import { readArguments } from './options';
import { UsageError } from './settings';
import { commandLine } from './words';

const read = (line: string) => readArguments(line.split(' ').filter(Boolean));

test('nothing given: a measurement of half a minute in server mode', () => {
  expect(read('')).toMatchObject({
    kind: 'single',
    settings: { mode: 'server', fps: '15', size: '320x240', quality: '0.7', threads: '1' },
    duration: 30,
    warmup: 5,
    out: 'metrics.json',
    report: 'report.html',
    clip: expect.stringMatching(/bench\/clips\/people\.mjpeg$/),
    headed: false,
  });
});

test('everything given', () => {
  const line =
    '--duration 2.5 --mode wasm --fps 10 --size 640x480 --quality 0.5 --clip a.y4m --warmup 0 --threads 2 ' +
    '--out m.json --report r.html --headed';
  expect(read(line)).toEqual({
    kind: 'single',
    settings: { mode: 'wasm', fps: '10', size: '640x480', quality: '0.5', threads: '2' },
    duration: 2.5,
    warmup: 0,
    phone: 'browser',
    clip: 'a.y4m',
    out: 'm.json',
    report: 'r.html',
    headed: true,
  });
});

test('the virtual phone has a clip of its own kind', () => {
  const virtual = { phone: 'virtual', clip: expect.stringMatching(/bench\/clips\/people\.ivf$/) };
  expect(read('--phone virtual')).toMatchObject(virtual);
  expect(read('--phone virtual --sweep fps=5')).toMatchObject(virtual);
  expect(read('--phone virtual --clip a.ivf')).toMatchObject({ clip: 'a.ivf' });
});

test('help wins over what follows it', () => {
  expect(read('--help')).toBeNull();
  expect(read('-h --duration never')).toBeNull();
});

test('attach: the address, whatever page of it was copied', () => {
  const options = read('--attach https://192.168.1.5:3000/?mode=wasm');
  expect(options).toMatchObject({ kind: 'attach', url: 'https://192.168.1.5:3000', out: 'metrics.json' });
  expect(options).not.toHaveProperty('clip');
});

test('a sweep, as it is written', () => {
  expect(read('--sweep fps=5,10 size=320x240,640x480 --duration 3')).toMatchObject({
    kind: 'sweep',
    duration: 3,
    csv: 'sweep.csv',
    sweep: [
      { setting: 'fps', values: ['5', '10'] },
      { setting: 'size', values: ['320x240', '640x480'] },
    ],
  });
  expect(read('--sweep fps=5 --sweep mode=wasm --csv t.csv')).toMatchObject({
    csv: 't.csv',
    sweep: [{ setting: 'fps' }, { setting: 'mode' }],
  });
});

describe('what makes no sense is told in one line, with what would', () => {
  test.each([
    ['--mode gpu', 'server, wasm or auto'],
    ['--fps 0', 'from 1 to 60'],
    ['--fps ten', 'from 1 to 60'],
    ['--size 320', 'such as 320x240'],
    ['--size 10x10', 'each side from 32'],
    ['--quality 1.5', 'from 0.1 to 1'],
    ['--threads 1.5', 'whole number'],
    ['--threads 65', 'from 1 to 64'],
    ['--duration 0', 'from 1 to 3600'],
    ['--duration NaN', 'from 1 to 3600'],
    ['--duration Infinity', 'from 1 to 3600'],
    ['--warmup=-1', 'from 0 to 600'],
    ['--attach localhost:3000', 'http://localhost:3000'],
    ['--attach nowhere', 'http://localhost:3000'],
    ['--phone nokia', 'browser or virtual'],
    ['--attach http://a --phone virtual', 'real one'],
    ['--attach http://a --clip b.mjpeg', 'real phone'],
    ['--attach http://a --sweep fps=5', 'join anew'],
    ['--sweep fps', 'fps=5,10'],
    ['--sweep fps=', 'fps=5,10'],
    ['--sweep colour=red', 'mode, fps, size, quality, threads'],
    ['--sweep fps=5,,10', 'from 1 to 60'],
    ['--sweep fps=5 fps=10', 'twice'],
    ['--sweep fps=5 --fps 10', 'leave out'],
    ['--sweep fps=5 --out m.json', '--csv'],
    ['--csv t.csv', '--sweep'],
    ['fps=5', 'too much'],
    ['--wat', '--wat'],
    ['--fps', '--fps'],
  ])('%s', (line, advice) => {
    const attempt = () => read(line);
    expect(attempt).toThrow(UsageError);
    expect(attempt).toThrow(advice);
    expect(attempt).not.toThrow('\n');
  });
});

test('the command can be pasted into a shell', () => {
  expect(commandLine(['--fps', '5', '--out', "my file's.json", ''])).toBe(
    "bench/run_bench.sh --fps 5 --out 'my file'\\''s.json' ''",
  );
});

test('an error in one line, without what the driver puts around it', () => {
  expect(sentence(new Error('page.evaluate: Error: no video arrives\n    at eval (x.js:1)'))).toBe(
    'no video arrives',
  );
  expect(sentence('plain')).toBe('plain');
});
