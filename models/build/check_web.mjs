// Loads model files in onnxruntime-web's WASM (one thread, as in a page without isolation) and prints
// their median time, interleaved, and their largest difference from the first file.
import { readFileSync } from 'node:fs';
import * as ort from 'onnxruntime-web';

ort.env.wasm.numThreads = Number(process.env.THREADS ?? 1);
const files = process.argv.slice(2);
const size = 3 * 300 * 300;
let seed = 1;
const noise = () => (seed = (seed * 48271) % 2147483647) / 1073741823.5 - 1;
const image = new ort.Tensor('float32', Float32Array.from({ length: size }, noise), [1, 3, 300, 300]);

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
const farthest = (a, b) => a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i])), 0);

const runs = [];
for (const file of files) {
  const session = await ort.InferenceSession.create(readFileSync(file), { executionProviders: ['wasm'] });
  runs.push({ file, session, times: [], first: await session.run({ image }) });
}
for (let round = 0; round < 30; round += 1) {
  for (const run of runs) {
    const start = performance.now();
    await run.session.run({ image });
    run.times.push(performance.now() - start);
  }
}
for (const { file, times, first } of runs) {
  const off = farthest(first.logits.data, runs[0].first.logits.data);
  console.log(`${median(times).toFixed(1)} ms  largest logit difference ${off.toExponential(1)}  ${file}`);
}
process.exit(0);
