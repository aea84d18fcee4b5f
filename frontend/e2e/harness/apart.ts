// Keeps phone and laptop from reaching each other directly, as a guest network does.
declare global {
  interface Window {
    /** While true, a connection that the page begins finds no way to anybody. */
    apart: boolean;
  }
}

/** Runs in the phone's page before its own code: sent as text, so it uses nothing from outside itself. */
export function keepApart(): void {
  window.apart = true;
  const Real = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Real {
    constructor(config?: RTCConfiguration) {
      // Only relays may be tried, and there is none.
      super(window.apart ? { ...config, iceServers: [], iceTransportPolicy: 'relay' } : config);
    }
  };
}

/** The phone's browser is like those that tell nothing of single frames. */
export function tellLittle(): void {
  Reflect.deleteProperty(window, 'MediaStreamTrackProcessor');
  Reflect.deleteProperty(HTMLVideoElement.prototype, 'requestVideoFrameCallback');
}
