// The real server, as start.sh runs it, on a port of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lanAddresses } from './lan';
import { ROOT, SERVER } from './paths';
import { until } from './until';

export type ServerOptions = {
  /** What is started, and what comes before the flags; otherwise the server itself. */
  program?: [string, ...string[]];
  /** Beside port and folders, which are the tests' own. */
  flags?: string[];
  env?: NodeJS.ProcessEnv;
  /** Of each inference session. */
  threads?: number;
  /** A Ctrl-C in the terminal does not reach it: whoever started it ends it. */
  detached?: boolean;
};

export class Server {
  readonly stateDir = mkdtempSync(join(tmpdir(), 'sightline-e2e-'));
  viewerUrl = '';
  joinUrl = '';
  log = '';
  private child: ChildProcess | undefined;
  private readonly killAtExit = () => {
    this.child?.kill('SIGKILL');
    this.clear();
  };

  private constructor(private readonly options: ServerOptions) {}

  static async start(options: ServerOptions = {}): Promise<Server> {
    const server = new Server(options);
    try {
      await server.run(0);
      return server;
    } catch (error) {
      await server.kill();
      server.clear();
      throw error;
    }
  }

  get pid(): number | null {
    return this.child?.pid ?? null;
  }

  get port(): number {
    return Number(new URL(this.viewerUrl).port);
  }

  /** After `kill`: the same server again, on the same port and with the same certificate. */
  async restart(): Promise<void> {
    await this.run(this.port);
  }

  /** Without a goodbye, as a crash would. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** With the program's own last word, its exit code. */
  async stop(): Promise<number | null> {
    await this.end('SIGTERM');
    this.clear();
    return this.child?.exitCode ?? null;
  }

  private clear(): void {
    rmSync(this.stateDir, { recursive: true, force: true });
  }

  private async run(port: number): Promise<void> {
    if (!existsSync(SERVER)) {
      throw new Error(`no server at ${SERVER}: run \`cargo build --release\` or name it by SIGHTLINE_BIN`);
    }
    const child = this.spawn(port);
    this.child = child;
    process.once('exit', this.killAtExit);
    let [printed, failure] = ['', ''];
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (data: Buffer) => {
        printed += data;
        this.log += data;
      });
    }
    child.once('error', ({ message }) => {
      failure = message;
    });
    await until('the server prints its addresses', () => {
      if (failure) throw new Error(`the server does not start: ${failure}`);
      if (hasEnded(child)) throw new Error(`the server ended at once: ${reasonIn(printed)}\n${printed}`);
      return printed.includes('Ctrl-C stops');
    });
    this.viewerUrl = addressAfter('Viewer', printed);
    this.joinUrl = addressAfter('Phone', printed);
  }

  private spawn(port: number): ChildProcess {
    const {
      program = [SERVER],
      flags = ['--mode', 'server'],
      env,
      threads = 1,
      detached = false,
    } = this.options;
    const [command, ...first] = program;
    const own = { '--port': port, '--state-dir': this.stateDir, '--threads': threads };
    // On a machine without a network only a name that was given makes a code to scan.
    const isReachable = lanAddresses().length > 0 || flags.includes('--ngrok');
    const host = isReachable ? [] : ['--public-host', 'localhost'];
    return spawn(command, [...first, ...Object.entries(own).flat().map(String), ...host, ...flags], {
      cwd: ROOT,
      // A mode that is set for other purposes would pass for the server's own choice.
      env: { ...process.env, MODE: undefined, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached,
    });
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.child;
    // One without a number was never born.
    if (child?.pid !== undefined && !hasEnded(child)) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill(signal);
      await ended;
    }
    process.off('exit', this.killAtExit);
  }
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean =>
  exitCode !== null || signalCode !== null;

/** The server's own line about what is wrong, or the last one. */
const reasonIn = (printed: string): string =>
  /^(?:sightline|error): (.+)$/m.exec(printed)?.[1] ?? printed.trim().split('\n').at(-1) ?? '';

function addressAfter(word: string, printed: string): string {
  const address = new RegExp(`${word} .*?(https?://\\S+)`).exec(printed)?.[1];
  if (!address) throw new Error(`the server printed no address for "${word}":\n${printed}`);
  return address;
}
