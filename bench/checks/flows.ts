// The three flows of a recording: the viewer's figure beside the kernel's count.
import type { MetricsReport } from '../../frontend/src/protocol/messages';
import { kbps, payload, type Reading, since, TCP_HEADERS, UDP_HEADERS } from './counters';

/** All in kbps. `carried`: the wire's bytes without Ethernet, IP and TCP or UDP. `framing`: TLS and WebSocket. */
export type Flow = { name: string; ours: number | null; wire: number; carried: number; framing: number };

/** The viewer's ends of its wires to the server and to the phone. */
export type Wires = { server: Reading; phone: Reading };
type Figures = Pick<MetricsReport, 'frames' | 'uplink_kbps' | 'downlink_kbps' | 'video_kbps'>;

/** Around a message: the TLS record (header, tag, content type) and the WebSocket frame (16-bit length; mask). */
const TLS_RECORD = 5 + 16 + 1;
const UP_FRAMING = TLS_RECORD + 4 + 4;
const DOWN_FRAMING = TLS_RECORD + 4;
/** How often the viewer's detection socket asks for the server's time; each answer is a message, too. */
const PING_EVERY_MS = 2000;

export function flowsOf(figures: Figures, before: Wires, after: Wires): Flow[] {
  const { sent, answered, dropped_server, errors } = figures.frames;
  const pings = (after.server.at - before.server.at) / PING_EVERY_MS;
  const flow = (wire: keyof Wires, way: 'sent' | 'received', headers: number, framing: number) => {
    const ms = after[wire].at - before[wire].at;
    const counted = since(before[wire][way], after[wire][way]);
    return {
      wire: kbps(counted.bytes, ms),
      carried: kbps(payload(counted, headers), ms),
      framing: kbps(framing, ms),
    };
  };
  const up = (sent + pings) * UP_FRAMING;
  const down = (answered + dropped_server + errors + pings) * DOWN_FRAMING;
  return [
    { name: 'uplink_kbps', ours: figures.uplink_kbps, ...flow('server', 'sent', TCP_HEADERS, up) },
    { name: 'downlink_kbps', ours: figures.downlink_kbps, ...flow('server', 'received', TCP_HEADERS, down) },
    // SRTP's tags (10 or 16 bytes a packet), RTCP and STUN stay in: how much they are cannot be told from outside.
    { name: 'video_kbps', ours: figures.video_kbps, ...flow('phone', 'received', UDP_HEADERS, 0) },
  ];
}

/** The viewer's figure is so much more than the kernel's, as a share of it; NaN when one is missing. */
export const differenceOf = ({ ours, carried, framing }: Flow): number =>
  ours === null ? Number.NaN : ours / (carried - framing) - 1;
