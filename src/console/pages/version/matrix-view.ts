/** View of a confusion matrix: which cells are in sight at which size, and how they are drawn. */
import type { Matrix } from './confusion-data.js';
import { sumOf } from './confusion-data.js';

/** Classes in sight: a square of `size` classes from row `top` and column `left`. */
export type View = Readonly<{ top: number; left: number; size: number }>;
export type Cell = Readonly<{ row: number; column: number }>;

/** Place of the cells on the canvas, in CSS pixels. */
export type Layout = Readonly<{ labels: number; foot: number; cell: number; width: number; height: number }>;

/** Minimum number of classes in sight. */
const SMALLEST = 4;
/** A cell of at least this size shows its number, and its row and column their names. */
const TEXT_PX = 22;
const NAME_PX = 11;
const FONT = '11.5px';
/** Mean width of a letter in this font. */
const LETTER_PX = 6.4;

/** Returns a view as a text for the address; of the whole matrix, none. */
export const textOfView = ({ top, left, size }: View, classes: number): string =>
  size === classes ? '' : [top, left, size].join('.');

/** Returns the view of a text, or the whole matrix if the text is of no view. */
export function viewOfText(text: string, classes: number): View {
  const [top = Number.NaN, left = Number.NaN, size = Number.NaN] = text.split('.').map(Number);
  const isView = [top, left, size].every(Number.isInteger) && size > 0 && size < classes;
  return isView ? within({ top, left, size }, classes) : wholeView(classes);
}

export const wholeView = (classes: number): View => ({ top: 0, left: 0, size: classes });

/** Zooms around a cell: `factor` below 1 shows fewer classes. */
export function zoomed(view: View, factor: number, { row, column }: Cell, classes: number): View {
  const size = Math.round(Math.min(classes, Math.max(Math.min(SMALLEST, classes), view.size * factor)));
  const keep = (from: number, at: number): number => at - ((at - from) * size) / view.size;
  return within({ top: keep(view.top, row), left: keep(view.left, column), size }, classes);
}

/** Moves a view so that it stays inside the matrix and begins at whole classes. */
export function within({ top, left, size }: View, classes: number): View {
  const bound = (value: number): number => Math.min(Math.max(0, Math.round(value)), classes - size);
  return { top: bound(top), left: bound(left), size };
}

/** Moves the view so that a cell is in sight. */
export function revealed(view: View, { row, column }: Cell, classes: number): View {
  const along = (from: number, at: number): number =>
    at < from ? at : at >= from + view.size ? at - view.size + 1 : from;
  return within({ ...view, top: along(view.top, row), left: along(view.left, column) }, classes);
}

/** `longest`: letters of the longest name. */
export function layoutOf(width: number, view: View, longest: number): Layout {
  const wanted = Math.min(150, width * 0.28, longest * LETTER_PX + 14);
  const hasNames = (width - wanted) / view.size >= NAME_PX;
  const labels = hasNames ? wanted : 0;
  const cell = Math.min(72, (width - labels) / view.size);
  const foot = hasNames ? Math.min(110, wanted) : 0;
  return { labels, foot, cell, width, height: Math.ceil(cell * view.size) + foot };
}

/** Returns the cell at a point of the canvas. */
export function cellAt(x: number, y: number, layout: Layout, view: View): Cell | undefined {
  const [column, row] = [Math.floor((x - layout.labels) / layout.cell), Math.floor(y / layout.cell)];
  if (column < 0 || row < 0 || column >= view.size || row >= view.size) return undefined;
  return { row: row + view.top, column: column + view.left };
}

export type Palette = Readonly<{
  right: string;
  wrong: string;
  text: string;
  muted: string;
  line: string;
  focus: string;
  surface: string;
}>;

type Drawing = Readonly<{
  confusion: Matrix;
  names: readonly string[];
  mode: 'counts' | 'rows';
  view: View;
  layout: Layout;
  cursor: Cell | undefined;
  palette: Palette;
}>;

export function draw(context: CanvasRenderingContext2D, drawing: Drawing): void {
  const { layout, view, palette } = drawing;
  context.clearRect(0, 0, layout.width, layout.height);
  drawCells(context, drawing);
  context.strokeStyle = palette.line;
  context.lineWidth = 1;
  context.strokeRect(layout.labels + 0.5, 0.5, layout.cell * view.size - 1, layout.cell * view.size - 1);
  if (layout.labels > 0) drawNames(context, drawing);
  drawCursor(context, drawing);
}

function drawCells(context: CanvasRenderingContext2D, drawing: Drawing): void {
  const { confusion, mode, view, layout, palette } = drawing;
  const largest = confusion.reduce((most, row) => Math.max(most, ...row), 1);
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.font = `${FONT} ${fontFamily(context)}`;
  for (let row = view.top; row < view.top + view.size; row += 1) {
    const counts = confusion[row] ?? [];
    const total = sumOf(counts);
    for (let column = view.left; column < view.left + view.size; column += 1) {
      const value = counts[column] ?? 0;
      const share = mode === 'counts' ? value / largest : value / Math.max(1, total);
      drawCell(context, { value, share, total }, { row, column }, drawing);
    }
  }
  context.globalAlpha = 1;
  if (layout.cell < 6) return;
  context.strokeStyle = palette.line;
  context.lineWidth = 0.5;
  context.beginPath();
  for (let index = 1; index < view.size; index += 1) {
    const at = index * layout.cell;
    context.moveTo(layout.labels + at, 0);
    context.lineTo(layout.labels + at, layout.cell * view.size);
    context.moveTo(layout.labels, at);
    context.lineTo(layout.labels + layout.cell * view.size, at);
  }
  context.stroke();
}

/** A cell's colour: right answers in one hue, confusions in the other; the square root shows small shares too. */
function drawCell(
  context: CanvasRenderingContext2D,
  { value, share, total }: { value: number; share: number; total: number },
  { row, column }: Cell,
  { mode, view, layout, palette }: Drawing,
): void {
  const [x, y] = [layout.labels + (column - view.left) * layout.cell, (row - view.top) * layout.cell];
  const strength = Math.sqrt(share);
  if (value > 0) {
    context.globalAlpha = 0.12 + 0.78 * strength;
    context.fillStyle = row === column ? palette.right : palette.wrong;
    context.fillRect(x, y, layout.cell, layout.cell);
  }
  context.globalAlpha = 1;
  if (layout.cell < TEXT_PX || value === 0) return;
  const text = mode === 'counts' ? String(value) : String(Math.round((100 * value) / Math.max(1, total)));
  if (context.measureText(text).width > layout.cell - 4) return;
  context.fillStyle = strength > 0.62 ? palette.surface : palette.text;
  context.fillText(text, x + layout.cell / 2, y + layout.cell / 2 + 0.5);
}

function drawNames(context: CanvasRenderingContext2D, { names, view, layout, palette, cursor }: Drawing): void {
  context.font = `${FONT} ${fontFamily(context)}`;
  context.textBaseline = 'middle';
  for (let index = 0; index < view.size; index += 1) {
    const [row, column] = [view.top + index, view.left + index];
    const middle = (index + 0.5) * layout.cell;
    context.textAlign = 'right';
    context.fillStyle = cursor?.row === row ? palette.text : palette.muted;
    context.fillText(fitted(context, names[row] ?? '', layout.labels - 10), layout.labels - 6, middle);
    context.save();
    context.translate(layout.labels + middle, layout.cell * view.size + 6);
    context.rotate(-Math.PI / 3);
    context.fillStyle = cursor?.column === column ? palette.text : palette.muted;
    context.fillText(fitted(context, names[column] ?? '', layout.foot), 0, 0);
    context.restore();
  }
}

function drawCursor(context: CanvasRenderingContext2D, { cursor, view, layout, palette }: Drawing): void {
  if (cursor === undefined) return;
  const [x, y] = [layout.labels + (cursor.column - view.left) * layout.cell, (cursor.row - view.top) * layout.cell];
  context.strokeStyle = palette.focus;
  context.lineWidth = 2;
  const size = Math.max(4, layout.cell);
  context.strokeRect(x - (size - layout.cell) / 2, y - (size - layout.cell) / 2, size, size);
}

/** Shortens a text with an ellipsis so that it fits. */
function fitted(context: CanvasRenderingContext2D, text: string, width: number): string {
  if (context.measureText(text).width <= width) return text;
  const letters = [...text];
  let [low, high] = [0, letters.length];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (context.measureText(`${letters.slice(0, middle).join('')}…`).width <= width) low = middle;
    else high = middle - 1;
  }
  return `${letters.slice(0, low).join('')}…`;
}

const fontFamily = (context: CanvasRenderingContext2D): string =>
  getComputedStyle(context.canvas).fontFamily || 'sans-serif';
