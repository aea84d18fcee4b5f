// What is done to phone, viewer, server and network. Each tells when its cause ended: from then on the clock runs.
import type { Rig } from './rig';

export type Dice = {
  /** From 0 to 1. */
  next: () => number;
  /** Waits for so many seconds. */
  between: (least: number, most: number) => Promise<void>;
};

export type Disturbance = {
  name: string;
  /** What was held up or cut, if anything was: only then there is a time in which the pages have to say so. */
  begin: (rig: Rig, dice: Dice) => Promise<void>;
  /** Ends the cause. */
  heal: (rig: Rig, dice: Dice) => Promise<void>;
  /** Ends with a new process, whose start is not ours to answer for: the clock runs from then on. */
  startsAnew?: boolean;
  /** A new server's memory tells nothing of the old one's leaks. */
  killsServer?: boolean;
};

const nothing = async (): Promise<void> => {};

/** Cut for so long that ICE and TCP notice, and for less. */
const cut = (name: string, set: (rig: Rig, on: boolean) => void): Disturbance => ({
  name,
  begin: async (rig, { between }) => {
    set(rig, true);
    await between(1, 12);
  },
  heal: async (rig) => set(rig, false),
});

const at = (name: string, heal: Disturbance['heal'], more: Partial<Disturbance> = {}): Disturbance => ({
  name,
  begin: nothing,
  heal,
  ...more,
});

export const DISTURBANCES: Disturbance[] = [
  at('the viewer is reloaded', (rig) => rig.reloadViewer(rig.mode)),
  at('the viewer is opened in the other mode', (rig) =>
    rig.reloadViewer(rig.mode === 'server' ? 'wasm' : 'server'),
  ),
  at('the phone is reloaded', async ({ phone }) => {
    await phone.page.reload({ waitUntil: 'commit' });
  }),
  at('the viewer’s browser is killed', (rig) => rig.restartViewer(), { startsAnew: true }),
  at('the phone’s browser is killed', (rig) => rig.restartPhone(), { startsAnew: true }),
  at('another phone comes', (rig) => rig.replacePhone(), { startsAnew: true }),
  {
    name: 'the server is killed',
    begin: async ({ server }, { between }) => {
      await server.kill();
      await between(0, 12);
    },
    heal: ({ server }) => server.restart(),
    startsAnew: true,
    killsServer: true,
  },
  cut('the server hangs', ({ server }, on) => {
    if (server.pid !== null) process.kill(server.pid, on ? 'SIGSTOP' : 'SIGCONT');
  }),
  cut('the phone sleeps', (rig, on) => rig.setPhoneAsleep(on)),
  cut('the Wi-Fi is gone', (rig, on) => rig.setWifi(!on)),
  cut('nothing comes through', (rig, on) => rig.setSilence(on)),
  at('the camera is taken away', async ({ phone }) => {
    await phone.page.evaluate(() => {
      const stream = document.querySelector<HTMLVideoElement>('#preview')?.srcObject as MediaStream | null;
      const [track] = stream?.getVideoTracks() ?? [];
      track?.stop();
      // A page that stops its track is told nothing; the system's taking it is.
      track?.dispatchEvent(new Event('ended'));
    });
  }),
];
