// The way to the page that ends the certificate's warnings, and back from it to here.
import { byId } from '../dom';
import { ask } from '../protocol/api';
import { parseConfig } from '../protocol/parse';

/** Over the connection that this page came by: the link to the room never goes by plain HTTP. */
export async function offerTrust(): Promise<void> {
  const link = byId<HTMLAnchorElement>('trust-link');
  link.href = `/trust?to=${encodeURIComponent(location.pathname)}`;
  try {
    const { certificate } = await ask('/api/config', parseConfig);
    link.hidden = !certificate?.trust || location.protocol !== 'https:';
  } catch (error) {
    console.warn('whether there is a certificate to trust was not told', error);
  }
}
