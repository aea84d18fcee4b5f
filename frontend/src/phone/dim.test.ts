import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Dim } from './dim';

class FakeElement extends EventTarget {
  hidden = false;
  inert = false;
  autoplay = true;
  srcObject = null;
  focus = () => {
    focused = this;
  };
  pause() {}
  tap = () => this.dispatchEvent(new Event('click'));
}

let focused: FakeElement | undefined;
let cover: FakeElement;
let button: FakeElement;
let parts: FakeElement[];
let page: EventTarget;

beforeEach(() => {
  focused = undefined;
  cover = new FakeElement();
  cover.hidden = true;
  button = new FakeElement();
  parts = [new FakeElement(), new FakeElement()];
  const elements: Record<string, FakeElement> = { dimmed: cover, dim: button, preview: new FakeElement() };
  page = Object.assign(new EventTarget(), {
    getElementById: (id: string) => elements[id],
    querySelectorAll: () => parts,
    documentElement: {},
    fullscreenElement: null,
    exitFullscreen: async () => {},
  });
  vi.stubGlobal('document', page);
});

afterEach(() => {
  vi.unstubAllGlobals();
});

it('under the cover nothing is reached, and the button has the focus again afterwards', () => {
  new Dim();
  button.tap();
  expect(cover.hidden).toBe(false);
  expect(focused).toBe(cover);
  expect(parts.map(({ inert }) => inert)).toEqual([true, true]);
  cover.tap();
  expect(cover.hidden).toBe(true);
  expect(focused).toBe(button);
  expect(parts.map(({ inert }) => inert)).toEqual([false, false]);
});

it('a page that is not dimmed keeps its focus when it has to wake', () => {
  new Dim().wake();
  page.dispatchEvent(new Event('fullscreenchange'));
  expect(focused).toBeUndefined();
});
