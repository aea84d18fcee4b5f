// What is measured is built from the sources as they are, by what start.sh builds with.
import { execFileSync } from 'node:child_process';
import { ROOT } from '../../frontend/e2e/harness/paths';

/** `phone`: the server with the virtual phone in it. */
type Part = 'pages' | 'server' | 'phone';

/** Only what is not built yet; a server named by SIGHTLINE_BIN is taken as it is. */
export function build(...parts: Part[]): void {
  const wanted = parts.filter((part) => part === 'pages' || !process.env.SIGHTLINE_BIN);
  const steps = ['. scripts/setup.sh', ...wanted.map((part) => `build_${part}`)];
  execFileSync('bash', ['-euc', steps.join('; ')], { cwd: ROOT, stdio: ['ignore', 2, 2] });
}
