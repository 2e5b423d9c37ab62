import type { Output } from '../output/output.ts';

/**
 * Rows at the end of a terminal that are rewritten in place. Where output is piped, each row is printed as a new line instead,
 * and only when `milestone` differs from that of the row's last line.
 */
export function createLiveRows(output: Output) {
  const rows: { text: string; milestone: string }[] = [];
  let drawn = 0;

  function redraw(): void {
    const up = drawn > 0 ? `\x1b[${drawn}A` : '';
    output.raw(`${up}\r${rows.map(({ text }) => `\x1b[2K${text}\n`).join('')}`);
    drawn = rows.length;
  }

  return {
    /** Sets row `index`. `milestone` is what makes a line worth printing where rows cannot be rewritten, such as an epoch. */
    set(index: number, { text, milestone }: { text: string; milestone: string }): void {
      const before = rows[index];
      while (rows.length <= index) rows.push({ text: '', milestone: '' });
      rows[index] = { text, milestone };
      if (output.isTerminal) {
        if (before?.text !== text) redraw();
      } else if (before?.milestone !== milestone) {
        output.line(text);
      }
    },
  };
}
