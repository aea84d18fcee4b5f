// The doctor's lines on the page. A line stays the same element while its words change, so that nothing jumps.
import { write } from '../dom';
import type { Check, Part, State } from './check';

/** Not by colour alone. */
const MARKS: Record<State, string> = { ok: '✓', waiting: '…', bad: '✗', unknown: '?' };

type Row = { root: HTMLElement; mark: HTMLElement; value: HTMLElement; remedy: HTMLElement };

export class CheckList {
  private readonly rows = new Map<string, Row>();
  private readonly lists = new Map<Part, HTMLElement>();

  /** `headings`: of the parts, in their order. */
  constructor(
    private readonly root: HTMLElement,
    private readonly headings: Partial<Record<Part, string>>,
  ) {}

  show(checks: readonly Check[]): void {
    const shown = new Set(checks.map(({ id }) => id));
    for (const [id, { root }] of this.rows) {
      if (shown.has(id)) continue;
      root.remove();
      this.rows.delete(id);
    }
    for (const [part, list] of this.listsOf(checks)) {
      const rows = checks.filter((each) => each.part === part).map((each) => this.rowOf(each).root);
      // Moving an element that is in its place already would take the focus and the selection from it.
      rows.forEach((row, at) => {
        if (list.children[at] !== row) list.insertBefore(row, list.children[at] ?? null);
      });
    }
    for (const each of checks) this.fill(this.rowOf(each), each);
  }

  private listsOf(checks: readonly Check[]): Map<Part, HTMLElement> {
    for (const { part } of checks) {
      if (this.lists.has(part)) continue;
      const heading = this.headings[part];
      const list = document.createElement('ul');
      list.className = 'checks';
      if (heading !== undefined) {
        const title = document.createElement('h3');
        title.textContent = heading;
        this.root.append(title);
        list.setAttribute('aria-label', heading);
      }
      this.root.append(list);
      this.lists.set(part, list);
    }
    return this.lists;
  }

  private rowOf({ id, name }: Check): Row {
    const known = this.rows.get(id);
    if (known) return known;
    const root = document.createElement('li');
    root.dataset.check = id;
    const part = (kind: string, className: string) => {
      const element = document.createElement(kind);
      element.className = className;
      root.append(element);
      return element;
    };
    const mark = part('span', 'mark');
    mark.setAttribute('role', 'img');
    part('span', 'name').textContent = name;
    const row = { root, mark, value: part('span', 'value'), remedy: part('p', 'remedy') };
    this.rows.set(id, row);
    return row;
  }

  private fill({ root, mark, value, remedy }: Row, check: Check): void {
    root.dataset.state = check.state;
    write(mark, MARKS[check.state]);
    mark.setAttribute('aria-label', check.state);
    write(value, check.value);
    write(remedy, check.remedy ?? '');
    remedy.hidden = check.remedy === null;
  }
}
