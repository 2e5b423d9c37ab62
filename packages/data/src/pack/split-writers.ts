import { SplitWriter } from './split-writer.ts';

/** A split's facts, and whatever holds the content of its examples. */
export type SplitFiles<Content> = { facts: SplitWriter; content: Content };

/** The splits of a data set that is being packed, in order of appearance, each with its files. */
export class SplitWriters<Content extends { discard(): Promise<void> }> {
  readonly #dir: string;
  readonly #createContent: (facts: SplitWriter) => Promise<Content>;
  readonly #splits = new Map<string, SplitFiles<Content>>();

  /** `createContent` opens the files for the content of a split's examples. */
  constructor(dir: string, createContent: (facts: SplitWriter) => Promise<Content>) {
    this.#dir = dir;
    this.#createContent = createContent;
  }

  get all(): SplitFiles<Content>[] {
    return [...this.#splits.values()];
  }

  /** The files of a split; they are created when it comes first. */
  async of(name: string): Promise<SplitFiles<Content>> {
    const known = this.#splits.get(name);
    if (known) return known;
    const facts = await SplitWriter.create(this.#dir, this.#splits.size, name);
    const split = { facts, content: await this.#createContent(facts) };
    this.#splits.set(name, split);
    return split;
  }

  /** Closes the files that are still open. */
  async discard(): Promise<void> {
    for (const { facts, content } of this.#splits.values()) {
      await facts.discard();
      await content.discard();
    }
  }
}
