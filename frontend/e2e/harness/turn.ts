// A real TURN server: Debian's coturn, on an address that others reach.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lanAddresses } from './lan';
import { until } from './until';

/** Why there can be none here; null when there can. */
export function turnObstacle(): string | null {
  if (lanAddresses().length === 0)
    return 'this machine has no address but loopback, which coturn does not relay to';
  try {
    execFileSync('turnserver', ['--version'], { stdio: 'ignore' });
    return null;
  } catch {
    return 'no turnserver: install Debian’s package coturn';
  }
}

export class TurnServer {
  private readonly folder = mkdtempSync(join(tmpdir(), 'sightline-turn-'));
  private readonly child: ChildProcess;
  log = '';

  private constructor(
    private readonly host: string,
    private readonly port: number,
    secret: string,
  ) {
    const flags = {
      'listening-ip': host,
      'relay-ip': host,
      'listening-port': port,
      'static-auth-secret': secret,
      realm: 'sightline.test',
      'log-file': 'stdout',
      pidfile: join(this.folder, 'pid'),
      userdb: join(this.folder, 'users'),
    };
    const named = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
    // `-n`: no file of the machine's own configuration is read.
    const args = ['-n', ...named, '--use-auth-secret', '--no-tls', '--no-dtls', '--no-cli'];
    this.child = spawn('turnserver', args, { cwd: this.folder, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (data: Buffer) => {
        this.log += data;
      });
    }
  }

  static async start(secret: string): Promise<TurnServer> {
    const [host = ''] = lanAddresses();
    const turn = new TurnServer(host, await freePort(host), secret);
    await until('coturn listens', () => {
      if (turn.child.exitCode !== null) throw new Error(`coturn ended at once:\n${turn.log}`);
      return answers(host, turn.port);
    });
    return turn;
  }

  get url(): string {
    return `turn:${this.host}:${this.port}?transport=udp`;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null) {
      const ended = new Promise((resolve) => this.child.once('exit', resolve));
      this.child.kill('SIGKILL');
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Free at this moment; coturn takes no 0. */
async function freePort(host: string): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const answers = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, host);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
