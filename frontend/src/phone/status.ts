// What the phone page says, worked out from what it knows. No DOM here: every sentence can be tested.
import type { Way } from '../doctor/facts';
import type { PeerState } from '../rtc/peer';
import type { SeatState } from '../rtc/signalling';
import type { CameraTrouble } from './camera';

export type CameraState =
  | { kind: 'off' }
  | { kind: 'asking' }
  | { kind: 'on' }
  /** `stuck`: something keeps it. `asks`: the browser lends it again only when a person says so. */
  | { kind: 'lost'; how: 'returning' | 'stuck' | 'asks' }
  | { kind: 'failed'; trouble: CameraTrouble };

export type Knowledge = {
  camera: CameraState;
  /** `none`: the link has not been looked up yet. */
  seat: SeatState | 'none';
  /** The server did not answer when the link was looked up. */
  unreachable: boolean;
  /** It answered no, for one of its limits; in its words. */
  refusal: string | null;
  viewerPresent: boolean;
  peer: PeerState | 'none';
  /** By which the video goes; null: not known (yet). */
  way: Way | null;
  /** Pictures reach the viewer through the server. */
  relaying: boolean;
};

/** What the one big button does, if there is one. */
export type Action = 'start' | 'retry_camera' | 'retry_server' | 'take_over' | 'reload' | null;

export type Tone = 'quiet' | 'busy' | 'good' | 'bad';

export type Message = { tone: Tone; title: string; detail: string; action: Action };

const CAMERA_MESSAGES: Record<CameraTrouble, Omit<Message, 'tone'>> = {
  insecure: {
    title: 'This page needs a secure address',
    detail:
      'Browsers lend the camera only to pages opened with https://. Open the secure address of this page, or scan the QR code on the laptop again.',
    action: null,
  },
  refused: {
    title: 'The camera was not allowed',
    detail:
      'Allow the camera for this page: tap the icon left of the address, then Permissions (on iPhone: “aA”, then Website Settings), and try again.',
    action: 'retry_camera',
  },
  none: {
    title: 'No camera found',
    detail:
      'This device has no camera that the browser can see. Open the link on a phone, or connect a camera.',
    action: 'retry_camera',
  },
  busy: {
    title: 'The camera is busy',
    detail: 'Another app or tab is using it. Close that app, then try again.',
    action: 'retry_camera',
  },
  unknown: {
    title: 'The camera did not start',
    detail: 'The browser did not say why. Try again; if it stays so, restart the browser.',
    action: 'retry_camera',
  },
};

const LOST_MESSAGES: Record<(CameraState & { kind: 'lost' })['how'], Omit<Message, 'action'>> = {
  returning: {
    tone: 'busy',
    title: 'The camera was taken away',
    detail: 'A call, another app or the lock screen has it. Getting it back…',
  },
  stuck: {
    tone: 'bad',
    title: 'Something else has the camera',
    detail: 'Close the app or tab that uses it: this page then goes on by itself.',
  },
  asks: {
    tone: 'bad',
    title: 'The camera needs a tap',
    detail:
      'The browser took it back. Tap to film on; if it does not ask you, allow the camera in its settings for this page.',
  },
};

export function messageFor(known: Knowledge): Message {
  return seatMessage(known) ?? cameraMessage(known.camera) ?? linkMessage(known);
}

/** A dimmed screen must light up: without a person nothing goes on. */
export function needsPerson(known: Knowledge): boolean {
  const { camera } = known;
  return unwanted(known) || (camera.kind !== 'on' && !(camera.kind === 'lost' && camera.how === 'returning'));
}

/** Nobody can get this phone's picture: it must not film. */
export function unwanted({ seat, peer }: Knowledge): boolean {
  return seat === 'taken' || seat === 'replaced' || (seat === 'gone' && peer !== 'live');
}

/** Troubles with the link come first: without a seat the camera is of no use. */
function seatMessage({ seat, unreachable, refusal, peer, relaying }: Knowledge): Message | null {
  const lost = seat === 'taken' || seat === 'replaced';
  // The video needs no server once it runs; the link's troubles matter when it has to be made anew.
  if ((peer === 'live' || relaying) && !lost) return null;
  if (seat === 'gone') {
    return {
      tone: 'bad',
      title: 'This link has expired',
      detail: 'Scan the QR code on the laptop again: it holds a fresh link.',
      action: 'reload',
    };
  }
  if (seat === 'taken') {
    return {
      tone: 'bad',
      title: 'Another phone is the camera',
      detail: 'This room has one camera at a time.',
      action: 'take_over',
    };
  }
  if (seat === 'replaced') {
    return {
      tone: 'bad',
      title: 'Another phone took over',
      detail: 'This phone sends nothing any more.',
      action: 'take_over',
    };
  }
  if (refusal !== null) {
    return {
      tone: 'bad',
      title: 'The laptop refuses for now',
      detail: `${refusal} Trying again by itself.`,
      action: 'retry_server',
    };
  }
  if (unreachable || seat === 'retrying') {
    return {
      tone: 'bad',
      title: 'The laptop does not answer',
      detail: 'Trying again by itself. Are phone and laptop on the same network, and is Sightline running?',
      action: 'retry_server',
    };
  }
  return null;
}

function cameraMessage(camera: CameraState): Message | null {
  if (camera.kind === 'failed') return { tone: 'bad', ...CAMERA_MESSAGES[camera.trouble] };
  if (camera.kind === 'off') {
    return {
      tone: 'quiet',
      title: 'Use this phone as a camera',
      detail:
        'The video goes to your laptop, which marks what it sees. It keeps nothing unless somebody saves it there. Your browser will ask for the camera.',
      action: 'start',
    };
  }
  if (camera.kind === 'asking') {
    return {
      tone: 'busy',
      title: 'Starting the camera',
      detail: 'Please allow it when asked.',
      action: null,
    };
  }
  return camera.kind === 'lost' ? { ...LOST_MESSAGES[camera.how], action: 'retry_camera' } : null;
}

const WAYS: Record<Way, string> = { p2p: 'Straight to the laptop', turn: 'Through a TURN server' };

function linkMessage({ seat, viewerPresent, peer, way, relaying }: Knowledge): Message {
  // First: a direct way may stand and carry no picture.
  if (relaying) {
    return {
      tone: 'good',
      title: 'Live, through the server',
      detail:
        'This network keeps phone and laptop apart (guest networks and VPNs do), so Sightline’s server passes the pictures on. The direct way is still tried.',
      action: null,
    };
  }
  if (peer === 'live') {
    return { tone: 'good', title: 'Live', detail: way ? WAYS[way] : 'To the laptop', action: null };
  }
  if (seat !== 'open') {
    return { tone: 'busy', title: 'Joining', detail: 'Asking the laptop for the room…', action: null };
  }
  if (!viewerPresent) {
    return {
      tone: 'busy',
      title: 'Waiting for the viewer',
      detail: 'Open the Sightline page on the laptop.',
      action: null,
    };
  }
  const title = peer === 'interrupted' || peer === 'failed' ? 'Reconnecting' : 'Connecting';
  const detail =
    'Finding the way to the laptop… If this lasts: are both on the same Wi-Fi? Guest networks and VPNs keep devices apart.';
  return { tone: 'busy', title, detail, action: null };
}
