import { describe, expect, it } from 'vitest';
import { rates, readStats } from './read-stats';

const report = (...stats: { id: string; type: string; [more: string]: unknown }[]) =>
  new Map(stats.map((stat) => [stat.id, { timestamp: 1000, ...stat }]));

const pair = {
  id: 'p',
  type: 'candidate-pair',
  localCandidateId: 'l',
  remoteCandidateId: 'r',
  state: 'succeeded',
};
const other = { ...pair, id: 'q', state: 'waiting', remoteCandidateId: 'x' };
const local = { id: 'l', type: 'local-candidate', candidateType: 'host', protocol: 'udp' };
const remote = { id: 'r', type: 'remote-candidate', candidateType: 'prflx', protocol: 'udp' };

describe('readStats', () => {
  it('reads Chromium, where the transport names the pair', () => {
    const reading = readStats(
      report(
        { ...other },
        { ...pair, currentRoundTripTime: 0.012 },
        { ...local, address: '192.0.2.7', networkType: 'wifi' },
        { ...remote, address: '' },
        { id: 't', type: 'transport', selectedCandidatePairId: 'p' },
        {
          id: 'i',
          type: 'inbound-rtp',
          kind: 'video',
          framesDecoded: 90,
          packetsReceived: 400,
          packetsLost: 3,
        },
      ),
    );
    expect(reading).toMatchObject({
      at: 1000,
      heard: 1,
      pairs: { tried: 1, working: 1 },
      path: { local: 'host', remote: 'prflx', protocol: 'udp', network: 'wifi', addresses: null },
      roundTripMs: 12,
      video: { frames: 90, received: 400, lost: 3 },
    });
  });

  it('reads Firefox, where the pair itself is marked', () => {
    const reading = readStats(
      report(
        { ...other, selected: false },
        { ...pair, selected: true, currentRoundTripTime: 0 },
        { ...local, address: '192.0.2.7' },
        { ...remote, candidateType: 'host', address: '192.0.2.8' },
        { id: 'o', type: 'outbound-rtp', kind: 'video', framesEncoded: 31 },
        { id: 's', type: 'remote-inbound-rtp', kind: 'video', roundTripTime: 0.004 },
      ),
    );
    expect(reading.path).toMatchObject({ remote: 'host', network: null });
    expect(reading.path?.addresses).toEqual({ local: '192.0.2.7', remote: '192.0.2.8' });
    expect(reading.roundTripMs).toBe(4);
    expect(reading.video?.frames).toBe(31);
  });

  it('tells of the phone what keeps it', () => {
    const reading = readStats(
      report(
        { id: 'm', type: 'media-source', kind: 'video', framesPerSecond: 7 },
        { id: 'o', type: 'outbound-rtp', kind: 'video', framesSent: 5, qualityLimitationReason: 'cpu' },
      ),
    );
    expect(reading).toMatchObject({ cameraFps: 7, limit: 'cpu' });
  });

  it('knows nothing of what is not told', () => {
    expect(readStats(report())).toMatchObject({
      heard: 0,
      path: null,
      roundTripMs: null,
      video: null,
      limit: null,
    });
  });
});

describe('rates', () => {
  const at = (ms: number, frames: number, received: number, lost: number) => ({
    ...readStats(report()),
    at: ms,
    video: { frames, received, lost },
  });

  it('tells frames a second and the share of lost packets', () => {
    expect(rates(at(0, 10, 100, 0), at(2000, 70, 190, 10))).toEqual({ fps: 30, loss: 0.1 });
  });

  it('tells no loss where no packet was due, or one was found again', () => {
    expect(rates(at(0, 10, 100, 0), at(1000, 10, 100, 0))).toEqual({ fps: 0, loss: null });
    expect(rates(at(0, 10, 100, 5), at(1000, 40, 190, 4)).loss).toBeNull();
    expect(rates(at(5, 1, 1, 0), at(5, 1, 1, 0))).toEqual({ fps: null, loss: null });
  });
});
