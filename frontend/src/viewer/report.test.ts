import { afterEach, expect, it, vi } from 'vitest';
import { type Parts, reportOf } from './report';

afterEach(() => vi.unstubAllGlobals());

/** Parts that know nothing but the way of the pictures. */
function transportOf(relayed: boolean, way: Parts['way']): unknown {
  for (const name of ['window', 'navigator']) vi.stubGlobal(name, {});
  const parts = {
    detection: { mode: 'server', config: () => ({}), metrics: { report: (known: object) => known } },
    flow: {},
    relay: { inUse: relayed },
    way,
    choices: { filter: {} },
    config: { model: {} },
  };
  return reportOf(parts as unknown as Parts).config.transport;
}

it.each([
  [false, 'p2p', 'p2p'],
  [false, 'turn', 'turn'],
  [false, null, null],
  // While the direct way is tried beside it, it may have a path already.
  [true, 'p2p', 'relay'],
] as const)('tells by which way the pictures came: relayed %s, video %s: %s', (relayed, way, transport) => {
  expect(transportOf(relayed, way)).toBe(transport);
});
