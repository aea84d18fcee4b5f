// bench/run_browser.sh: which command, with which options.
import { parseArgs } from 'node:util';
import { report, statusOf, wholeNumber } from '../lib/command';
import type { Measured } from '../lib/words';
import { accuracy } from './accuracy';
import { live } from './live';
import { size } from './size';
import { speed } from './speed';

const HELP = `The browser as detector: speed, accuracy and size, measured in Chromium with the page's own code.

usage: bench/run_browser.sh COMMAND [OPTIONS]

  speed              frame to detections beside a bare session.run: one worker, same model and threads, in turn
  live               phone and viewer as people use them: rates, latencies and the main thread, wasm beside server
  accuracy [FOLDER]  photos with COCO annotations (instances.json, images/) through server and browser
                     [default: ../shared/eval/coco-tiny]
  size               what the viewer downloads before it can detect

options:
  --threads N        threads of WASM; the server's session has one [default: 1]
  --frames N         frames to measure ("speed") [default: 200]
  --seconds N        how long to measure each mode ("live") [default: 30]
  --model DIR        folder with the model and its manifest.json [default: models/ssdlite_mobilenet_v2]
  --out FILE         write the figures as JSON, too
  -h, --help         this text

Paths are taken from the project's root. CHROME names the browser, SIGHTLINE_BIN a server that is built already.
The status is 0 when every goal is met, 2 when one is missed, 1 when something went wrong. Other work on the
machine makes every time longer.`;

export type Options = { threads: number; frames: number; seconds: number; model: string };
type Command = { takes: string[]; run: (options: Options, folder: string) => Promise<Measured> };

const COMMANDS: Record<string, Command> = {
  speed: { takes: ['threads', 'frames', 'model', 'out'], run: speed },
  live: { takes: ['threads', 'seconds', 'model', 'out'], run: live },
  accuracy: { takes: ['threads', 'model', 'out'], run: accuracy },
  size: { takes: ['model', 'out'], run: size },
};

export const main = (args: string[]): Promise<number> => statusOf('run_browser', () => run(args));

async function run(args: string[]): Promise<number> {
  const { values, positionals } = read(args);
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const [name = '', ...rest] = positionals;
  const command = COMMANDS[name];
  if (!command) throw new Error(`${name ? `no command "${name}"` : 'no command given'}; --help lists them`);
  const stray = Object.keys(values).find((option) => !command.takes.includes(option));
  if (stray) throw new Error(`${name} takes no --${stray}`);
  if (rest.length > (name === 'accuracy' ? 1 : 0)) throw new Error(`${name}: "${rest.at(-1)}" is too much`);
  const options = {
    threads: wholeNumber('threads', values.threads ?? '1', 1, 64),
    frames: wholeNumber('frames', values.frames ?? '200', 1, 99_999),
    seconds: wholeNumber('seconds', values.seconds ?? '30', 1, 3600),
    model: values.model ?? 'models/ssdlite_mobilenet_v2',
  };
  return report(values.out, () => command.run(options, rest[0] ?? '../shared/eval/coco-tiny'));
}

const read = (args: string[]) =>
  parseArgs({
    args,
    allowPositionals: true,
    options: {
      threads: { type: 'string' },
      frames: { type: 'string' },
      seconds: { type: 'string' },
      model: { type: 'string' },
      out: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
