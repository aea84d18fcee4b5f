// What an invitation says, worked out for the screen. No DOM here.
import type { Invitation, InvitationAddress } from '../protocol/messages';

/** One address that phones may come to. */
export type Way = Omit<InvitationAddress, 'interface'> & {
  /** In the menu. */
  label: string;
  /** Why no phone can come by it; a code to scan would only mislead then. */
  obstacle: string | undefined;
};

export function waysOf({ others, obstacle, ...first }: Invitation): Way[] {
  const way = ({ interface: network, join_url, qr_svg }: InvitationAddress): Way => {
    const label = `${network} ${new URL(join_url).hostname}`;
    return { label, join_url, qr_svg, obstacle: undefined };
  };
  const likeliest = obstacle ? { ...way(first), label: first.interface, obstacle } : way(first);
  return [likeliest, ...others.map(way)];
}

/** Where a short code is typed to come by this way. */
export const codeAddress = ({ join_url }: Pick<Way, 'join_url'>): string => `${new URL(join_url).origin}/j`;

/** In two halves, for eyes that go back and forth. */
export const inHalves = (code: string): string => `${code.slice(0, 3)} ${code.slice(3)}`;

/** `9:41`; never less than nothing. */
export function minutes(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
