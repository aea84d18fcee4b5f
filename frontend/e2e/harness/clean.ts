// Runs once, before all tests: what an earlier run left behind is not evidence of this one.
import { rmSync } from 'node:fs';
import { ARTIFACTS } from './paths';

export default function clean(): void {
  rmSync(ARTIFACTS, { recursive: true, force: true });
}
