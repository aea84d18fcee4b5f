// Ctrl-C: the first one ends the measurement and keeps what there is, the second one ends everything at once.

export const INTERRUPTED = 130;

/** Before anything was measured: there is nothing to keep. */
export class Interrupted extends Error {
  constructor() {
    super('interrupted before anything was measured: nothing is written');
  }
}

export function listenForInterrupts(): AbortSignal {
  const controller = new AbortController();
  const heard = () => {
    if (controller.signal.aborted) process.exit(INTERRUPTED);
    controller.abort(new Interrupted());
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, heard);
  return controller.signal;
}

export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
  signal.throwIfAborted();
}
