// Are the people of the clip found where they are?
import { type Corners, found, mirrored, peopleByCounter } from './truth';
import { until } from './until';
import { type Asked, paintedSince, type Seen } from './viewer';

export type Tally = {
  people: number;
  found: number;
  /** Found where nobody is: it shows that the check can fail. */
  mirrored: number;
  /** In the painting that found the fewest. */
  fewest: number;
};

/** Waits until every moment of the clip that was checked by eye, or so many, has been painted, then judges all seen. */
export async function tallyPeople(page: Asked, from = 0, enough?: number): Promise<Tally> {
  const people = peopleByCounter();
  const moments = enough ?? new Set(people.values()).size;
  const judged = await until(
    'the checked frames of the clip were painted',
    async () => {
      const seen = (await paintedSince(page, from)).filter(({ counter }) => people.has(counter ?? -1));
      return new Set(seen.map(({ counter }) => people.get(counter as number))).size >= moments ? seen : null;
    },
    90_000,
  );
  const tally: Tally = { people: 0, found: 0, mirrored: 0, fewest: Number.POSITIVE_INFINITY };
  for (const seen of judged) {
    const real = people.get(seen.counter as number) as Corners[];
    const persons = personsOf(seen);
    tally.people += real.length;
    tally.found += found(real, persons);
    tally.mirrored += found(real.map(mirrored), persons);
    tally.fewest = Math.min(tally.fewest, found(real, persons));
  }
  return tally;
}

const personsOf = ({ result }: Seen): Corners[] =>
  result.detections
    .filter(({ label }) => label === 'person')
    .map(({ xmin, ymin, xmax, ymax }) => [xmin, ymin, xmax, ymax]);
