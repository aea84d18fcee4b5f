// The way to the page that ends the certificate's warnings, and back from it to here.
import { byId } from '../dom';
import type { ClientConfig } from '../protocol/messages';

/** Over the connection that this page came by: the link to the room never goes by plain HTTP. */
export function offerTrust({ certificate }: ClientConfig): void {
  const link = byId<HTMLAnchorElement>('trust-link');
  link.hidden = !certificate?.trust || location.protocol !== 'https:';
  link.href = `/trust?to=${encodeURIComponent(location.pathname)}`;
}
