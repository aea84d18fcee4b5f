// What may ship.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ROOT } from '../../frontend/e2e/harness/paths';
import { type Component, idOf, textOf } from './component';

/** Licences that ask for no more than their notice, which this tool gives. */
export const ALLOWED = [
  'MIT',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'Zlib',
  'Unicode-3.0',
  'CDLA-Permissive-2.0',
];

// Both files are those of Microsoft's Python package of the same version.
const RUNTIME = ['LICENSE', 'ThirdPartyNotices.txt'].map((file) => `scripts/notices/onnxruntime/${file}`);
/** For packages that offer Apache-2.0, whose text names nobody, and so is the same for all. */
const APACHE = ['LICENSE-APACHE'];

/** Packages that leave their licence's text out, by exact version: a new one must be looked at anew. */
export const LEFT_OUT: Record<string, string[]> = {
  'onnxruntime-node@1.30.0': RUNTIME,
  'onnxruntime-web@1.30.0': RUNTIME,
  'asn1-rs-impl@0.2.0': APACHE,
  'rtc-crypto@0.21.1': APACHE,
  'rtc-datachannel@0.21.1': APACHE,
  'rtc-dtls@0.21.1': APACHE,
  'rtc-ice@0.21.1': APACHE,
  'rtc-interceptor@0.21.1': APACHE,
  'rtc-mdns@0.21.1': APACHE,
  'rtc-media@0.21.1': APACHE,
  'rtc-rtcp@0.21.1': APACHE,
  'rtc-rtp@0.21.1': APACHE,
  'rtc-sctp@0.21.1': APACHE,
  'rtc-sdp@0.21.1': APACHE,
  'rtc-shared@0.21.1': APACHE,
  'rtc-srtp@0.21.1': APACHE,
  'rtc-stun@0.21.1': APACHE,
  'rtc-turn@0.21.1': APACHE,
};

type Satisfies = (expression: string, allowed: string[]) => boolean;
const satisfies: Satisfies = createRequire(join(ROOT, 'frontend/package.json'))('spdx-satisfies');

/** With the texts that their packages left out. */
export function completed(components: Component[], leftOut = LEFT_OUT): Component[] {
  return components.map((component) => {
    const files = leftOut[idOf(component)];
    return files ? { ...component, texts: files.map((file) => textOf(join(ROOT, file))) } : component;
  });
}

/** Why these may not ship, one line each. */
export function problems(components: Component[], leftOut = LEFT_OUT): string[] {
  const present = new Set(components.map(idOf));
  const stale = Object.keys(leftOut).filter((id) => !present.has(id));
  return [
    ...components.flatMap(problemsOf),
    ...stale.map((id) => `${id} does not ship (any more): remove it from scripts/notices/policy.ts`),
  ];
}

function problemsOf(component: Component): string[] {
  const found: string[] = [];
  if (!allowed(component.licence)) {
    const licence = component.licence || 'no licence';
    found.push(`${idOf(component)} is under ${licence}, which scripts/notices/policy.ts does not allow`);
  }
  if (component.texts.length === 0) {
    found.push(
      `${idOf(component)} carries no licence text: add one to LEFT_OUT in scripts/notices/policy.ts`,
    );
  }
  return found;
}

function allowed(licence: string): boolean {
  try {
    return satisfies(licence, ALLOWED);
  } catch {
    // Not an SPDX expression: nobody can tell what it allows.
    return false;
  }
}
