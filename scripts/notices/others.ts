// What is neither a crate nor an npm package.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../frontend/e2e/harness/paths';
import { type Component, textOf } from './component';

const MODEL = 'models/ssdlite_mobilenet_v2';

const textsAt = (...files: string[]) => files.map((file) => textOf(join(ROOT, file)));

export function others(): Component[] {
  const { name, source } = JSON.parse(readFileSync(join(ROOT, MODEL, 'manifest.json'), 'utf8'));
  return [
    {
      name: 'Rust’s standard library',
      version: 'as the toolchain has it',
      licence: 'MIT OR Apache-2.0',
      texts: textsAt('LICENSE-APACHE'),
    },
    {
      name: `the model ${name}`,
      version: `${source.package} ${source.version}`,
      licence: source.license,
      texts: textsAt(`${MODEL}/LICENSE`),
    },
    {
      name: 'the clips and test pictures, of vtest.avi',
      version: 'OpenCV 4.6.0',
      licence: 'Apache-2.0 AND BSD-3-Clause',
      texts: textsAt('bench/clips/NOTICE', 'LICENSE-APACHE'),
    },
  ];
}
