// Keeps phone and laptop from reaching each other directly, as a guest network does.
import { execFileSync } from 'node:child_process';

declare global {
  interface Window {
    /** While true, a connection that the page begins finds no way to anybody. */
    apart: boolean;
  }
}

/** Runs in the phone's page before its own code: sent as text, so it uses nothing from outside itself. */
export function keepApart(): void {
  window.apart = true;
  const Real = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Real {
    constructor(config?: RTCConfiguration) {
      // Only relays may be tried, and there is none.
      super(window.apart ? { ...config, iceServers: [], iceTransportPolicy: 'relay' } : config);
    }
  };
}

/** The phone's browser is like those that tell nothing of single frames. */
export function tellLittle(): void {
  Reflect.deleteProperty(window, 'MediaStreamTrackProcessor');
  Reflect.deleteProperty(HTMLVideoElement.prototype, 'requestVideoFrameCallback');
}

const [HOST, GUEST] = ['198.18.7.1', '198.18.7.2'];
/** Looked at before the ways out of the namespace, and after the one to the server. */
const [PASS, STOP] = ['100', '200'];

const ip = (...words: string[]): void => {
  execFileSync('ip', words, { stdio: ['ignore', 'ignore', 'pipe'] });
};

/** Why there can be no network of its own for a phone here; null where there can. */
export function noNetworkOfItsOwn(): string | null {
  if (process.platform !== 'linux') return 'network namespaces are of Linux';
  if (process.getuid?.() !== 0) return 'only root makes network namespaces';
  try {
    const name = `sightline-try-${process.pid}`;
    ip('netns', 'add', name);
    ip('netns', 'del', name);
    return null;
  } catch (error) {
    return `ip netns does not work here: ${(error as Error).message}`;
  }
}

/**
 * A network of the phone's own, joined to this machine by a cable, with a firewall that knows two settings. Browsers are
 * started after it: those that run take its coming for a change of network, and break off what they are loading.
 */
export class GuestNetwork {
  private readonly name = `sightline-${process.pid}`;
  private readonly cable = `sl${process.pid % 1_000_000}`;

  constructor(private readonly port: number) {
    const { name, cable } = this;
    ip('netns', 'add', name);
    ip('link', 'add', `${cable}h`, 'type', 'veth', 'peer', 'name', `${cable}g`, 'netns', name);
    // No addresses that come by themselves a moment later: that, too, is a change of network.
    ip('link', 'set', `${cable}h`, 'addrgenmode', 'none');
    ip('-n', name, 'link', 'set', `${cable}g`, 'addrgenmode', 'none');
    ip('addr', 'add', `${HOST}/30`, 'dev', `${cable}h`);
    ip('link', 'set', `${cable}h`, 'up');
    ip('-n', name, 'addr', 'add', `${GUEST}/30`, 'dev', `${cable}g`);
    for (const device of [`${cable}g`, 'lo']) ip('-n', name, 'link', 'set', device, 'up');
    ip('-n', name, 'route', 'add', 'default', 'via', HOST);
  }

  /** What a program is started behind to live there. */
  get behind(): string[] {
    return ['ip', 'netns', 'exec', this.name];
  }

  /** Only connections to the server pass from now on. */
  closeUp(): void {
    const rule = ['-n', this.name, 'rule', 'add', 'pref'];
    ip(...rule, PASS, 'ipproto', 'tcp', 'dport', String(this.port), 'lookup', 'main');
    ip(...rule, STOP, 'iif', 'lo', 'prohibit');
  }

  /** Everything passes again. */
  openUp(): void {
    for (const pref of [PASS, STOP]) ip('-n', this.name, 'rule', 'del', 'pref', pref);
  }

  /** The cable goes with the namespace. */
  end(): void {
    ip('netns', 'del', this.name);
  }
}
