// The label filter: a search box and one switch per label, those seen so far first.
import { byId } from '../dom';
import { labelColour } from './colours';
import type { Filter } from './filter';

export class Labels {
  private readonly list = byId('label-list');
  private readonly search = byId<HTMLInputElement>('label-search');
  private readonly summary = byId('label-summary');
  private readonly rows = new Map<string, HTMLLabelElement>();
  private readonly seen = new Set<string>();

  constructor(
    private readonly filter: Filter,
    private readonly changed: () => void,
  ) {
    this.search.addEventListener('input', () => this.find());
    byId('labels-all').addEventListener('click', () => this.setAll(true));
    byId('labels-none').addEventListener('click', () => this.setAll(false));
  }

  offer(labels: readonly string[]): void {
    for (const label of labels) if (!this.rows.has(label)) this.addRow(label);
    this.summarise();
  }

  /** Labels in a result: the first sight of one lifts it to the top of the list. */
  noteSeen(labels: Iterable<string>): void {
    for (const label of labels) {
      if (this.seen.has(label)) continue;
      this.seen.add(label);
      const row = this.rows.get(label) ?? this.addRow(label);
      row.dataset.seen = '';
      this.list.insertBefore(row, this.list.querySelector('label:not([data-seen])'));
    }
  }

  private addRow(label: string): HTMLLabelElement {
    const row = document.createElement('label');
    const box = document.createElement('input');
    box.type = 'checkbox';
    box.value = label;
    box.checked = !this.filter.hidden.has(label);
    box.addEventListener('change', () => this.set(label, box.checked));
    const swatch = document.createElement('i');
    swatch.style.background = labelColour(label).fill;
    row.append(box, swatch, label);
    this.rows.set(label, row);
    this.list.append(row);
    return row;
  }

  private set(label: string, shown: boolean): void {
    if (shown) this.filter.hidden.delete(label);
    else this.filter.hidden.add(label);
    this.summarise();
    this.changed();
  }

  private setAll(shown: boolean): void {
    for (const [label, row] of this.rows) {
      if (row.hidden) continue;
      (row.firstElementChild as HTMLInputElement).checked = shown;
      if (shown) this.filter.hidden.delete(label);
      else this.filter.hidden.add(label);
    }
    this.summarise();
    this.changed();
  }

  private find(): void {
    const wanted = this.search.value.trim().toLowerCase();
    for (const [label, row] of this.rows) row.hidden = !label.toLowerCase().includes(wanted);
  }

  private summarise(): void {
    const shown = [...this.rows.keys()].filter((label) => !this.filter.hidden.has(label)).length;
    this.summary.textContent = shown === this.rows.size ? 'all' : `${shown} of ${this.rows.size}`;
  }
}
