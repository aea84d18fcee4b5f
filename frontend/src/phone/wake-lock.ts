// Keeps the screen on while the camera is; the system releases the lock whenever the page is hidden.
let wanted = false;
let lock: WakeLockSentinel | undefined;

export function keepAwake(on: boolean): void {
  wanted = on;
  if (on) void take();
  else void lock?.release();
}

async function take(): Promise<void> {
  if (!wanted || !navigator.wakeLock || document.visibilityState !== 'visible') return;
  if (lock && !lock.released) return;
  try {
    lock = await navigator.wakeLock.request('screen');
    if (!wanted) await lock.release();
  } catch (error) {
    // A low battery may forbid it; the camera works without.
    console.warn('the screen may turn itself off', error);
  }
}

document.addEventListener('visibilitychange', () => void take());
