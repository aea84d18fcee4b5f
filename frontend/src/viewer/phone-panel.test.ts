import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { CameraReport } from '../rtc/camera-signals';
import { PhonePanel } from './phone-panel';

class FakeElement extends EventTarget {
  hidden = false;
  textContent = '';
  setAttribute() {}
  querySelectorAll = () => [];
}

const report: CameraReport = {
  filming: 'yes',
  flip: true,
  torch: false,
  zoom: null,
  quality: 'normal',
  refused: null,
};

let elements: Map<string, FakeElement>;

beforeEach(() => {
  vi.useFakeTimers();
  elements = new Map();
  const getElementById = (id: string) => {
    const element = elements.get(id) ?? new FakeElement();
    elements.set(id, element);
    return element;
  };
  vi.stubGlobal('window', globalThis);
  vi.stubGlobal('document', { getElementById });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const note = () => elements.get('phone-note')?.textContent;
const isHidden = () => elements.get('phone-panel')?.hidden;

it('a refusal is told for six seconds', () => {
  const panel = new PhonePanel(async () => {});
  panel.receive({ camera: { ...report, refused: 'torch' } });
  vi.advanceTimersByTime(5999);
  expect(note()).toBe('The phone did not switch its torch.');
  panel.setLive(true);
  expect(note()).toBe('The phone did not switch its torch.');
  vi.advanceTimersByTime(1);
  expect(note()).toBe('');
});

it('a camera that was taken away is told for as long as that lasts', () => {
  const panel = new PhonePanel(async () => {});
  panel.receive({ camera: { ...report, filming: 'regaining', refused: 'torch' } });
  vi.advanceTimersByTime(60_000);
  expect(note()).toMatch(/taken away/);
  panel.receive({ camera: report });
  expect(note()).toBe('');
});

it('stays while the direct way is tried again and again, with what it says', () => {
  const panel = new PhonePanel(async () => {});
  panel.setLive(true);
  panel.receive({ camera: { ...report, filming: 'needs_touch' } });
  panel.receive({ offer: { session: 'another try', sdp: '' } });
  expect(isHidden()).toBe(false);
  expect(note()).toMatch(/needs you/);
});

it('is gone with the phone until the next one tells of its camera', () => {
  const panel = new PhonePanel(async () => {});
  panel.setLive(true);
  panel.receive({ camera: report });
  panel.forget();
  expect(isHidden()).toBe(true);
  panel.receive({ camera: report });
  expect(isHidden()).toBe(false);
});
