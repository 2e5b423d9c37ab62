/** Lines of a table with aligned columns. A column whose cells are all numbers stands right-aligned. */
export function renderTable(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const columns = header.map((title, column) => {
    const cells = rows.map((row) => row[column] ?? '');
    return { title, width: Math.max(title.length, ...cells.map((cell) => cell.length)), isNumeric: cells.every(isNumeric) };
  });
  const renderRow = (cells: readonly string[]) =>
    columns
      .map(({ width, isNumeric }, column) => {
        const cell = cells[column] ?? '';
        return isNumeric ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd();
  return [renderRow(header), ...rows.map(renderRow)];
}

function isNumeric(cell: string): boolean {
  return /^[\d,.]*( ?%)?$/.test(cell);
}
