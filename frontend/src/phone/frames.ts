// Whether a camera track really delivers: after an interruption one may say that it is live and unmuted, and be neither.

/** Within which a system that gives a camera back by itself does so. */
const UNMUTE_MS = 300;

/** True as soon as two frames have come: the first may be an old one that was kept. */
export async function delivers(track: MediaStreamTrack, patienceMs: number): Promise<boolean> {
  if (!(await unmuted(track))) return false;
  const eye = document.createElement('video');
  eye.muted = true;
  eye.playsInline = true;
  eye.srcObject = new MediaStream([track]);
  eye.play().catch((error: unknown) => console.warn('the camera’s frames cannot be looked at', error));
  const seen = await Promise.race([frames(eye, 2), after(patienceMs)]);
  eye.srcObject = null;
  return seen && track.readyState === 'live';
}

async function unmuted(track: MediaStreamTrack): Promise<boolean> {
  if (track.muted && track.readyState === 'live') {
    const event = new Promise((resolve) => track.addEventListener('unmute', resolve, { once: true }));
    await Promise.race([event, after(UNMUTE_MS)]);
  }
  return track.readyState === 'live' && !track.muted;
}

function frames(eye: HTMLVideoElement, count: number): Promise<true> {
  return new Promise((resolve) => {
    let seen = 0;
    const look = () => {
      seen += 1;
      if (seen === count) resolve(true);
      else eye.requestVideoFrameCallback(look);
    };
    eye.requestVideoFrameCallback?.(look);
  });
}

const after = (ms: number) => new Promise<false>((resolve) => setTimeout(() => resolve(false), ms));
