// The notices as a page, and what changed in one.
import type { Component } from './component';

export type Section = { title: string; components: Component[] };

const INTRODUCTION = `# Third-party notices

Sightline is licensed MIT or Apache-2.0, at your choice (\`LICENSE-MIT\`, \`LICENSE-APACHE\`). It ships with the work of others below, under
their own terms. Where a package offers several licences, the texts it carries are all given. This page is written by
\`scripts/notices.sh\` from the lock files.`;

export function render(sections: Section[]): string {
  const texts = new Texts();
  const tables = sections.map(({ title, components }) => `## ${title}\n\n${table(components, texts)}`);
  return `${[INTRODUCTION, ...tables, '## Texts', ...texts.rendered()].join('\n\n')}\n`;
}

function table(components: Component[], texts: Texts): string {
  const sorted = [...components].sort((a, b) => compare(a.name, b.name) || compare(a.version, b.version));
  const rows = sorted.map((component) => {
    const { name, version, licence } = component;
    const links = component.texts.map((text) => texts.number(text, `${name} ${version}`));
    const unique = [...new Set(links)].map((number) => `[${number}](#text-${number})`);
    return `| ${name} | ${version} | ${licence} | ${unique.join(' ')} |`;
  });
  return ['| name | version | licence | texts |', '|---|---|---|---|', ...rows].join('\n');
}

/** By code unit, which is the same in every locale. */
const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** Each distinct text once; where the lines break does not tell texts apart. */
class Texts {
  private readonly known = new Map<string, { number: number; text: string; owners: Set<string> }>();

  number(text: string, owner: string): number {
    const key = text.split(/\s+/).join(' ');
    const entry = this.known.get(key) ?? { number: this.known.size + 1, text, owners: new Set() };
    this.known.set(key, entry);
    entry.owners.add(owner);
    return entry.number;
  }

  rendered(): string[] {
    return [...this.known.values()].map(({ number, text, owners }) =>
      [`### Text ${number}`, `Of ${[...owners].join(', ')}.`, `${FENCE}\n${text}\n${FENCE}`].join('\n\n'),
    );
  }
}

/** Longer than any that a licence's own Markdown holds. */
const FENCE = '~~~~~~~~';

/** What `current` has and `kept` has not, and the other way round; empty when they are the same. */
export function differences(kept: string, current: string): string[] {
  if (kept === current) return [];
  const [before, now] = [componentsIn(kept), componentsIn(current)];
  const found = [
    ...now.filter((line) => !before.includes(line)).map((line) => `missing or different: ${line}`),
    ...before.filter((line) => !now.includes(line)).map((line) => `no longer so: ${line}`),
  ];
  return found.length > 0 ? found : [firstDifference(kept, current)];
}

/** Each row but for the texts' numbers, which move with every package. */
function componentsIn(page: string): string[] {
  const [tables = ''] = page.split('\n## Texts\n');
  const cells = tables.split('\n').map((line) => line.split(' | '));
  return cells.filter((row) => row.length === 4).map((row) => row.slice(0, 3).join(' ').replace('| ', ''));
}

/** The line, and the package whose text it stands in. */
function firstDifference(kept: string, current: string): string {
  const [before, now] = [kept.split('\n'), current.split('\n')];
  const index = before.findIndex((line, place) => line !== now[place]);
  const owners = before.slice(0, index).findLast((line) => line.startsWith('Of '));
  const [owner] = owners?.slice('Of '.length).split(/, |\.$/) ?? [];
  return `line ${index + 1} differs${owner ? `, in the text of ${owner}` : ''}`;
}
