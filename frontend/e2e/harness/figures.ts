// The server's own figures, as Prometheus reads them.
import type { Server } from './server';

/** The sum of all series of this name that carry `label`. One that is not there is a mistake, not a nought. */
export async function counted(
  { viewerUrl }: Pick<Server, 'viewerUrl'>,
  name: string,
  label = '',
): Promise<number> {
  const text = await (await fetch(new URL('/metrics', viewerUrl))).text();
  const series = text.split('\n').filter((line) => /^\w+/.exec(line)?.[0] === name && line.includes(label));
  if (series.length === 0) throw new Error(`the server counts no ${name} ${label}`);
  return series.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}
