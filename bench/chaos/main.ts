// bench/check_chaos.sh: kills and cuts at random, for minutes; how soon detection is back, and what is left behind.
// Runs in the laptop's network namespace.

import { check } from '../checks/check';
import { wholeNumber } from '../lib/command';
import { decimals, type Goal, type Measured, progress, progressDone, table } from '../lib/words';
import { DISTURBANCES, type Dice, type Disturbance } from './disturbances';
import { type Alive, countAlive, leaked, megabytesOf } from './leaks';
import { detectionBack, said } from './recovery';
import { Rig } from './rig';

const HELP = `Kills and cuts phone, viewer, server and network at random, and times how soon detection is back.

usage: bench/check_chaos.sh [OPTIONS]

  --minutes N   for how long [default: 10]
  --seed N      what happens, and when: the same number does the same again [default: by chance, and told]
  --only TEXT   only disturbances whose name holds this
  --out FILE    write the figures as JSON, too; named from the project's root
  -h, --help    this text

The time runs from the moment a cause has ended (the network is whole, the process runs, the page is asked for) to the
third result on the screen whose frame was captured after it. Laptop, phone and the air between them are network
namespaces, which are removed at the end. The server is killed in the first third only, so that the rest shows what
one process leaks. The status is 0 when every goal is met, 2 when one is missed, 1 when something went wrong. CHROME
names the browser, SIGHTLINE_BIN a server that is built already. Linux only; needs root and iproute2.`;

const HEAL_WITHIN_MS = 3000;
const LEAST_SHARE = 0.95;
/** Of the server's memory from the first quarter of its last life to the last one, as medians. */
const MOST_GROWTH = 0.1;
const SETTLE_MS = 12_000;

type Heal = {
  disturbance: string;
  mode: string;
  healed_ms: number | null;
  said: { viewer: string; phone: string };
};
type Course = { heals: Heal[]; memory: number[]; before: Alive; after: Alive };

export const main = (args: string[]): Promise<number> =>
  check({ name: 'check_chaos', help: HELP, options: ['minutes', 'seed', 'only'], run }, args);

async function run(values: Record<string, string | undefined>): Promise<Measured> {
  const minutes = wholeNumber('minutes', values.minutes ?? '10', 1, 600);
  const chance = Math.floor(Math.random() * 1e6);
  const seed = wholeNumber('seed', values.seed ?? String(chance), 0, 2 ** 32 - 1);
  const chosen = DISTURBANCES.filter(({ name }) => name.includes(values.only ?? ''));
  if (chosen.length === 0) throw new Error(`--only ${values.only}: no disturbance is called like that`);
  console.log(`seed ${seed}, ${minutes} minutes`);
  const rig = await Rig.start('server');
  try {
    const course = await disturb(rig, chosen, minutes * 60_000, diceOf(seed));
    show(course.heals);
    return { figures: { seed, minutes, ...course }, goals: goalsOf(course) };
  } finally {
    progressDone();
    await rig.close();
  }
}

async function disturb(rig: Rig, chosen: Disturbance[], ms: number, dice: Dice): Promise<Course> {
  await settled(rig);
  let before = await countAlive(rig);
  let memory: number[] = [];
  const heals: Heal[] = [];
  const begun = Date.now();
  let lastLife = false;
  for (let pick = shuffled(chosen, dice); Date.now() - begun < ms; ) {
    if (!lastLife && Date.now() - begun > ms / 3) {
      lastLife = true;
      const harmless = chosen.filter(({ killsServer }) => !killsServer);
      // Nothing else was chosen: then there is no last life to look at.
      if (harmless.length > 0) pick = shuffled(harmless, dice);
      await settled(rig);
      before = await countAlive(rig);
      memory = [];
    }
    const next = pick();
    heals.push(await one(rig, next, dice));
    memory.push(megabytesOf(rig.server.pid));
    await dice.between(2, 6);
  }
  await settled(rig);
  return { heals, memory, before, after: await countAlive(rig) };
}

async function one(rig: Rig, { name, begin, heal, startsAnew }: Disturbance, dice: Dice): Promise<Heal> {
  progress(name);
  await begin(rig, dice);
  const told = await said(rig);
  let since = Date.now();
  await heal(rig, dice);
  if (startsAnew) since = Date.now();
  const healed = await detectionBack(rig, since);
  progressDone();
  console.log(
    `${healed === null ? 'not healed' : `${(healed / 1000).toFixed(2)} s`.padStart(10)}  ${name} (${rig.mode})`,
  );
  if (healed === null) await repair(rig);
  return { disturbance: name, mode: rig.mode, healed_ms: healed, said: told };
}

/** So that one thing which does not heal is counted once. */
async function repair(rig: Rig): Promise<void> {
  await Promise.all([rig.viewer.page.reload(), rig.phone.page.reload()]);
  if ((await detectionBack(rig, Date.now())) === null)
    throw new Error('loading both pages anew did not help either');
}

async function settled(rig: Rig): Promise<void> {
  if ((await detectionBack(rig, Date.now())) === null) throw new Error('no detection to begin with');
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
}

/** Each once, in an order by chance, and so on: a short run meets all of them. */
function shuffled(all: Disturbance[], { next }: Dice): () => Disturbance {
  let left: Disturbance[] = [];
  return () => {
    if (left.length === 0) left = [...all];
    return left.splice(Math.floor(next() * left.length), 1)[0] as Disturbance;
  };
}

/** Mulberry32, by Tommy Ettinger (public domain): small, and good enough for an order of events. */
function diceOf(seed: number): Dice {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (least: number, most: number) =>
    new Promise<void>((resolve) => setTimeout(resolve, 1000 * (least + (most - least) * next())));
  return { next, between };
}

const median = (values: number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

function show(heals: Heal[]): void {
  const names = [...new Set(heals.map(({ disturbance }) => disturbance))].sort();
  const rows = names.map((name) => {
    const all = heals.filter(({ disturbance }) => disturbance === name);
    const times = all.map(({ healed_ms }) => healed_ms).filter((ms) => ms !== null);
    const worst = times.length < all.length ? 'never' : decimals(Math.max(...times) / 1000, 2);
    return [name, String(all.length), decimals(median(times) / 1000, 2), worst];
  });
  console.log(`\n${table([['detection is back after', 'times', 'median s', 'worst s'], ...rows])}`);
}

function goalsOf({ heals, memory, before, after }: Course): Goal[] {
  const quick = heals.filter(({ healed_ms }) => healed_ms !== null && healed_ms <= HEAL_WITHIN_MS).length;
  const share = quick / heals.length;
  const quarter = Math.max(1, memory.length >> 2);
  const [first, last] = [median(memory.slice(0, quarter)), median(memory.slice(-quarter))];
  const left = leaked(before, after);
  return [
    {
      text: `detection is back within ${HEAL_WITHIN_MS / 1000} s in ${100 * LEAST_SHARE} % of cases: ${quick} of ${heals.length}`,
      met: share >= LEAST_SHARE,
    },
    {
      text: `the server's memory is flat: ${decimals(first, 0)} MB, then ${decimals(last, 0)} MB`,
      met: last <= first * (1 + MOST_GROWTH),
    },
    {
      text: `nothing is left behind: ${left.length === 0 ? 'as many of everything as before' : left.join('; ')}`,
      met: left.length === 0,
    },
  ];
}
