// What the kernel counted on a wire between two network namespaces, and what of it was carried for others.
import { execFileSync } from 'node:child_process';

export type Wire = { bytes: number; packets: number };
/** `at`: ms. */
export type Reading = { at: number; received: Wire; sent: Wire };

const ETHERNET_AND_IP = 14 + 20;
/** With the timestamps that Linux puts into every segment. */
export const TCP_HEADERS = ETHERNET_AND_IP + 20 + 12;
export const UDP_HEADERS = ETHERNET_AND_IP + 8;

export function readCounters(namespace: string, link: string): Reading {
  const before = performance.now();
  const args = ['-netns', namespace, '-json', '-statistics', 'link', 'show', 'dev', link];
  const [found] = JSON.parse(execFileSync('ip', args, { encoding: 'utf8' }));
  const { rx, tx } = found.stats64;
  const at = (before + performance.now()) / 2;
  return { at, received: wire(rx), sent: wire(tx) };
}

const wire = ({ bytes, packets }: Wire): Wire => ({ bytes, packets });

export const since = (from: Wire, to: Wire): Wire => ({
  bytes: to.bytes - from.bytes,
  packets: to.packets - from.packets,
});

/** A large segment that the network card would cut up passes a veth whole, with one header: it counts as one. */
export const payload = ({ bytes, packets }: Wire, headers: number): number => bytes - packets * headers;

export const kbps = (bytes: number, ms: number): number => (bytes * 8) / ms;
