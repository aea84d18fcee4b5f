import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Message } from './status';
import { View } from './view';

class FakeElement extends EventTarget {
  dataset: Record<string, string> = {};
  textContent = '';
  hidden = false;
  tap = () => this.dispatchEvent(new Event('click'));
}

class FakeVideo extends FakeElement {
  autoplay = true;
  paused = true;
  srcObject: { getTracks(): unknown[] } | null = null;
  play = async () => {
    this.paused = false;
  };
}

let elements: Record<string, FakeElement>;
let preview: FakeVideo;
let button: FakeElement;
let acted: string[];
let view: View;

beforeEach(() => {
  vi.useFakeTimers();
  preview = new FakeVideo();
  button = new FakeElement();
  acted = [];
  const [status, title, detail] = [new FakeElement(), new FakeElement(), new FakeElement()];
  elements = { preview, status, title, detail, start: button };
  vi.stubGlobal('window', { setTimeout });
  vi.stubGlobal('document', { getElementById: (id: string) => elements[id], body: new FakeElement() });
  vi.stubGlobal(
    'MediaStream',
    class {
      constructor(readonly tracks: unknown[]) {}
      getTracks = () => this.tracks;
    },
  );
  view = new View((action) => acted.push(action));
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const message = (action: Message['action']): Message => ({ tone: 'bad', title: 't', detail: 'd', action });

describe('the button', () => {
  it('says that it tries, even when the try fails at once', async () => {
    view.say(message('retry_server'));
    expect(button.textContent).toBe('Try now');
    button.tap();
    view.say(message('retry_server'));
    expect([acted, button.textContent]).toEqual([['retry_server'], 'Trying…']);
    await vi.advanceTimersByTimeAsync(1000);
    expect(button.textContent).toBe('Try now');
  });

  it('says at once what else it does meanwhile', async () => {
    view.say(message('retry_server'));
    button.tap();
    view.say(message('take_over'));
    expect(button.textContent).toBe('Use this phone instead');
    await vi.advanceTimersByTimeAsync(1000);
    expect(button.textContent).toBe('Use this phone instead');
  });

  it('is gone when there is nothing to do', () => {
    view.say(message(null));
    button.tap();
    expect([button.hidden, acted]).toEqual([true, []]);
  });
});

describe('the preview', () => {
  const track = {} as MediaStreamTrack;

  it('plays on when the same track comes back after the system paused it', () => {
    view.showCamera({ track, frontal: false });
    const { srcObject } = preview;
    preview.paused = true;
    view.showCamera({ track, frontal: false });
    expect(preview.paused).toBe(false);
    expect(preview.srcObject, 'nothing blinks').toBe(srcObject);
  });

  it('rests while the screen is dimmed', () => {
    preview.autoplay = false;
    view.showCamera({ track, frontal: false });
    expect([preview.srcObject?.getTracks(), preview.paused]).toEqual([[track], true]);
  });
});
