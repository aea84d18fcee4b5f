// Keeps the screen on while the camera is; the system releases the lock whenever the page is hidden.
let wanted = false;
let asking = false;
let lock: WakeLockSentinel | undefined;

export function keepAwake(on: boolean): void {
  wanted = on;
  if (on) return void take();
  void lock?.release();
  lock = undefined;
}

async function take(): Promise<void> {
  if (!wanted || asking || !navigator.wakeLock || document.visibilityState !== 'visible') return;
  if (lock && !lock.released) return;
  // Of two locks asked for at once, one would never be released.
  asking = true;
  try {
    lock = await navigator.wakeLock.request('screen');
    if (!wanted) await lock.release();
  } catch (error) {
    // A low battery may forbid it; the camera works without.
    console.warn('the screen may turn itself off', error);
  } finally {
    asking = false;
  }
}

document.addEventListener('visibilitychange', () => void take());
