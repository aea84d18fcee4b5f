// Networks of their own for programs on this machine: Linux's network namespaces, for root only.
import { execFileSync } from 'node:child_process';

const ip = (...words: string[]): void => {
  execFileSync('ip', words, { stdio: ['ignore', 'ignore', 'pipe'] });
};

const nameOf = (what: string): string => `sightline-${what}-${process.pid}`;

/** Why there can be none here; null where there can. */
export function noNamespaces(): string | null {
  if (process.platform !== 'linux') return 'network namespaces are of Linux';
  if (process.getuid?.() !== 0) return 'only root makes network namespaces';
  try {
    ip('netns', 'add', nameOf('try'));
    ip('netns', 'del', nameOf('try'));
    return null;
  } catch (error) {
    return `\`ip netns\` does not work here (iproute2 has it): ${(error as Error).message}`;
  }
}

export class Namespace {
  readonly name: string;

  constructor(what: string) {
    this.name = nameOf(what);
    ip('netns', 'add', this.name);
    this.ip('link set lo up');
  }

  ip(line: string): void {
    ip('-n', this.name, ...line.split(' '));
  }

  /** A cable whose far end lies loose, but has power: without, this end would count as unplugged. */
  plugIn(link: string, address: string): void {
    this.ip(`link add ${link} type veth peer name ${link}-far`);
    this.ip(`addr add ${address} dev ${link}`);
    this.ip(`link set ${link} up`);
    this.ip(`link set ${link}-far up`);
  }

  /** What a program is started behind to live there. */
  get behind(): [string, ...string[]] {
    return ['ip', 'netns', 'exec', this.name];
  }

  /** Its cables go with it. */
  remove(): void {
    ip('netns', 'del', this.name);
  }
}

const [HOST, GUEST] = ['198.18.7.1', '198.18.7.2'];
/** Looked at in this order, before the ways out of the namespace: nothing passes; the server does; the rest does not. */
const [SILENCE, PASS, STOP] = ['50', '100', '200'];

/**
 * A network of the phone's own, joined to this machine by a cable, with a firewall that knows a few settings. Browsers
 * are started after it: those that run take its coming for a change of network, and break off what they are loading.
 */
export class GuestNetwork {
  private readonly home = new Namespace('guest');
  private readonly cable = `sl${process.pid % 1_000_000}`;

  constructor(private readonly port: number) {
    const { home, cable } = this;
    ip('link', 'add', `${cable}h`, 'type', 'veth', 'peer', 'name', `${cable}g`, 'netns', home.name);
    // No addresses that come by themselves a moment later: that, too, is a change of network.
    ip('link', 'set', `${cable}h`, 'addrgenmode', 'none');
    home.ip(`link set ${cable}g addrgenmode none`);
    ip('addr', 'add', `${HOST}/30`, 'dev', `${cable}h`);
    ip('link', 'set', `${cable}h`, 'up');
    home.ip(`addr add ${GUEST}/30 dev ${cable}g`);
    home.ip(`link set ${cable}g up`);
    home.ip(`route add default via ${HOST}`);
  }

  get behind(): string[] {
    return this.home.behind;
  }

  /** Only connections to the server pass from now on. */
  closeUp(): void {
    this.home.ip(`rule add pref ${PASS} ipproto tcp dport ${this.port} lookup main`);
    this.home.ip(`rule add pref ${STOP} iif lo prohibit`);
  }

  /** Everything passes again. */
  openUp(): void {
    for (const pref of [PASS, STOP]) this.home.ip(`rule del pref ${pref}`);
  }

  /** Nothing that the phone says comes through, and it is not told. */
  setSilent(silent: boolean): void {
    this.home.ip(silent ? `rule add pref ${SILENCE} iif lo blackhole` : `rule del pref ${SILENCE}`);
  }

  remove(): void {
    this.home.remove();
  }
}
