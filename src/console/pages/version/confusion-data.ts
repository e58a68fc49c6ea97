/** Data of a confusion matrix: its most confused pairs, and CSV. */

/** Images of class `actual` that were predicted as `predicted`. */
export type Pair = Readonly<{ actual: string; predicted: string; images: number }>;

export type Matrix = readonly (readonly number[])[];

/** Returns the confusions with the most images, largest first. */
export function topPairs(confusion: Matrix, names: readonly string[], most = 100): Pair[] {
  const found: { row: number; column: number; images: number }[] = [];
  for (const [row, counts] of confusion.entries()) {
    for (const [column, images] of counts.entries())
      if (row !== column && images > 0) found.push({ row, column, images });
  }
  return found
    .sort((a, b) => b.images - a.images)
    .slice(0, most)
    .map(({ row, column, images }) => ({ actual: names[row] ?? '', predicted: names[column] ?? '', images }));
}

/** Returns the matrix as CSV: a row for each true class. */
export function csvOfMatrix(confusion: Matrix, names: readonly string[]): string {
  const quoted = (text: string): string => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const head = ['true class \\ predicted', ...names].map(quoted).join(',');
  const rows = confusion.map((row, index) => [quoted(names[index] ?? ''), ...row].join(','));
  return `${[head, ...rows].join('\n')}\n`;
}

export const sumOf = (row: readonly number[]): number => row.reduce((sum, value) => sum + value, 0);
