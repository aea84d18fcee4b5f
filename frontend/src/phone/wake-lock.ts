// Keeps the screen on while the camera is; the system releases the lock whenever the page is hidden, and at times when
// it is not (battery saver).

/** So that a system that gives the lock only to take it back is not asked without end. */
const AGAIN_MS = 5000;

let wanted = false;
let asking = false;
let lock: WakeLockSentinel | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;

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
    lock.addEventListener('release', takeLater);
    if (!wanted) await lock.release();
  } catch (error) {
    // A low battery may forbid it; the camera works without.
    console.warn('the screen may turn itself off', error);
  } finally {
    asking = false;
  }
}

function takeLater(): void {
  clearTimeout(timer);
  timer = setTimeout(() => void take(), AGAIN_MS);
}

document.addEventListener('visibilitychange', () => void take());
