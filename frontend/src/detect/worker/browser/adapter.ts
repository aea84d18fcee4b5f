// Is there a GPU worth using? Browsers also offer WebGPU in software, which is slower than WASM.

import { within } from '../within';

type AdapterInfo = { vendor: string; architecture: string; description: string; isFallbackAdapter?: boolean };
type Adapter = { info: AdapterInfo; isFallbackAdapter?: boolean };
type Gpu = { requestAdapter: () => Promise<Adapter | null> };

/** A driver that hangs must not keep the detector from starting. */
const ANSWER_MS = 3000;
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|basic render|warp/i;

/** What the adapter calls itself, or null when there is none (or, unless allowed, only a software one). */
export async function findAdapter(allowSoftware: boolean): Promise<string | null> {
  const { gpu } = navigator as { gpu?: Gpu };
  try {
    const adapter = gpu && (await within(ANSWER_MS, gpu.requestAdapter(), 'no adapter'));
    if (!adapter) return null;
    return allowSoftware || !isSoftware(adapter) ? name(adapter.info) : null;
  } catch (error) {
    console.warn('WebGPU does not answer', error);
    return null;
  }
}

export function isSoftware({ info, isFallbackAdapter }: Adapter): boolean {
  return (
    isFallbackAdapter === true ||
    info.isFallbackAdapter === true ||
    [info.vendor, info.architecture, info.description].some((text) => SOFTWARE.test(text))
  );
}

const name = ({ vendor, architecture, description }: AdapterInfo): string =>
  description || [vendor, architecture].filter(Boolean).join(' ') || 'unnamed adapter';
