// One look at getStats, in one form for every browser.
import { isNumber } from '../protocol/parse';
import { kindOf, type Limit, limitOf, networkOf, type Path } from './facts';

export type Reading = {
  /** Ms since the epoch, as the browser stamps it. */
  at: number;
  heard: number;
  pairs: { tried: number; working: number };
  path: Path | null;
  roundTripMs: number | null;
  /** Since the connection began. */
  video: { frames: number; received: number; lost: number } | null;
  cameraFps: number | null;
  limit: Limit | null;
};

type Stat = Record<string, unknown> & { id: string; type: string; timestamp: number };
type Stats = ReadonlyMap<string, unknown> | RTCStatsReport;

export function readStats(stats: Stats): Reading {
  const all = [...(stats as ReadonlyMap<string, Stat>).values()];
  const of = (type: string) => all.filter((stat) => stat.type === type);
  const video = (type: string) => of(type).find(({ kind }) => kind === 'video');
  const pairs = of('candidate-pair');
  const selected = selectedPair(all, pairs);
  const source = video('media-source');
  return {
    at: Math.max(0, ...all.map(({ timestamp }) => timestamp)),
    heard: of('remote-candidate').length,
    pairs: {
      tried: pairs.filter(({ state }) => state !== 'frozen' && state !== 'waiting').length,
      working: pairs.filter(({ state }) => state === 'succeeded').length,
    },
    path: selected ? pathOf(selected, all) : null,
    roundTripMs: roundTrip(selected, video('remote-inbound-rtp')),
    video: counts(video('inbound-rtp'), video('outbound-rtp')),
    cameraFps: numberOf(source?.framesPerSecond),
    limit: limitOf(video('outbound-rtp')?.qualityLimitationReason),
  };
}

/** Chromium names it in the transport, Firefox marks the pair itself. */
function selectedPair(all: Stat[], pairs: Stat[]): Stat | undefined {
  const transport = all.find((stat) => stat.type === 'transport' && stat.selectedCandidatePairId);
  const named = pairs.find(({ id }) => id === transport?.selectedCandidatePairId);
  return named ?? pairs.find(({ selected }) => selected === true);
}

function pathOf(pair: Stat, all: Stat[]): Path | null {
  const byId = (id: unknown) => all.find((stat) => stat.id === id);
  const [local, remote] = [byId(pair.localCandidateId), byId(pair.remoteCandidateId)];
  const [near, far] = [kindOf(local?.candidateType), kindOf(remote?.candidateType)];
  if (!local || !remote || !near || !far) return null;
  const [here, there] = [addressOf(local), addressOf(remote)];
  return {
    local: near,
    remote: far,
    protocol: local.protocol === 'tcp' ? 'tcp' : 'udp',
    network: networkOf(local.networkType),
    addresses: here && there ? { local: here, remote: there } : null,
  };
}

/** Null where the browser hides it. */
function addressOf({ address, ip }: Stat): string | null {
  const told = address ?? ip;
  return typeof told === 'string' && told !== '' && !told.includes('redacted') ? told : null;
}

function roundTrip(pair: Stat | undefined, remote: Stat | undefined): number | null {
  // Firefox says 0 for a pair that it has not measured; no packet goes and comes in no time.
  const seconds = numberOf(pair?.currentRoundTripTime || null) ?? numberOf(remote?.roundTripTime);
  return seconds === null ? null : seconds * 1000;
}

function counts(inbound: Stat | undefined, outbound: Stat | undefined): Reading['video'] {
  const frames = numberOf(
    inbound ? inbound.framesDecoded : (outbound?.framesSent ?? outbound?.framesEncoded),
  );
  if (frames === null) return null;
  return {
    frames,
    received: numberOf(inbound?.packetsReceived) ?? 0,
    lost: numberOf(inbound?.packetsLost) ?? 0,
  };
}

const numberOf = (value: unknown): number | null => (isNumber(value) ? value : null);

/** Over the time between two readings; null where nothing was to be counted. */
export function rates(first: Reading, last: Reading): { fps: number | null; loss: number | null } {
  const seconds = (last.at - first.at) / 1000;
  if (!first.video || !last.video || seconds <= 0) return { fps: null, loss: null };
  const received = last.video.received - first.video.received;
  const lost = last.video.lost - first.video.lost;
  return {
    fps: (last.video.frames - first.video.frames) / seconds,
    // A packet that came late after all is taken from the lost ones, so there may be fewer than before.
    loss: received + lost > 0 && lost >= 0 ? lost / (received + lost) : null,
  };
}
