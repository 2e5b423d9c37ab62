import { dataInvalid } from './data-invalid.ts';
import { unlabelled } from './format.ts';

/** More classes than this are taken for a mistake: a column of ids or texts that was read as labels. */
const maxClasses = 100_000;

/** Collects the label names of a data set, to number them: whole numbers by value, all else by code points. */
export class ClassNames {
  readonly #names = new Set<string>();

  /** Takes in the label of one example of the file `path`. */
  add(name: string, path: string): void {
    this.#names.add(name);
    if (this.#names.size > maxClasses) {
      throw dataInvalid(path, `There are more than ${maxClasses} different labels: these can hardly be classes`);
    }
  }

  get size(): number {
    return this.#names.size;
  }

  /** The names in label order, and the label of a name (null: of an example without one). */
  number(): { classNames: string[]; labelOf: (name: string | null) => number } {
    const areNumbers = [...this.#names].every((name) => /^-?\d{1,15}$/.test(name));
    const byValue = (a: string, b: string) => Number(a) - Number(b) || Number(a > b) - Number(a < b);
    const classNames = [...this.#names].sort(areNumbers ? byValue : undefined);
    const labels = new Map(classNames.map((name, label) => [name, label]));
    return { classNames, labelOf: (name) => (name === null ? unlabelled : (labels.get(name) ?? unlabelled)) };
  }
}
