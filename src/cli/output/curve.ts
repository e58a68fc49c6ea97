/** Curve of a series in a box of text, drawn with Braille dots: 2 × 4 dots per character. */
import { downsample } from './sparkline.js';
import { pad } from './text-width.js';

/** Bit of each dot of a Braille character: `DOTS[column][row]`. */
const DOTS = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
] as const;
const BRAILLE = 0x2800;
const AXIS_WIDTH = 7;

/** Returns `height` lines of `width` columns, with the maximum and the minimum on the axis at the left. */
export function curveLines(values: readonly number[], width: number, height: number): string[] {
  const plotWidth = Math.max(1, width - AXIS_WIDTH - 2);
  const points = downsample(values, plotWidth * 2);
  if (points.length === 0) return Array.from({ length: height }, (_, i) => (i === 0 ? 'no values yet' : ''));
  const [low, high] = [Math.min(...points), Math.max(...points)];
  const cells = drawDots(points, low, high, plotWidth, height);
  return cells.map((row, i) => {
    const mark = i === 0 ? axisLabel(high) : i === height - 1 ? axisLabel(low) : '';
    return `${pad(mark, AXIS_WIDTH, 'right')} │${String.fromCodePoint(...row.map((bits) => BRAILLE + bits))}`;
  });
}

const axisLabel = (value: number): string => (Math.abs(value) >= 1000 ? value.toExponential(1) : value.toPrecision(3));

/** Returns the bits of each character. Stretches fewer points than dots over the whole width. */
function drawDots(points: readonly number[], low: number, high: number, width: number, height: number): number[][] {
  const cells = Array.from({ length: height }, () => new Array<number>(width).fill(0));
  const [dotsAcross, dotsDown] = [width * 2, height * 4];
  const rowOf = (value: number): number =>
    high === low ? dotsDown - 1 : Math.round(((high - value) / (high - low)) * (dotsDown - 1));
  let before: number | undefined;
  for (let x = 0; x < dotsAcross; x++) {
    const place = points.length === 1 ? 0 : (x / (dotsAcross - 1)) * (points.length - 1);
    const left = points[Math.floor(place)] ?? 0;
    const right = points[Math.ceil(place)] ?? left;
    const y = rowOf(left + (right - left) * (place % 1));
    // A steep part is a vertical line of dots, so that the curve has no holes.
    for (let dot = Math.min(y, before ?? y); dot <= Math.max(y, before ?? y); dot++) setDot(cells, x, dot);
    before = y;
  }
  return cells;
}

function setDot(cells: number[][], x: number, y: number): void {
  const row = cells[Math.floor(y / 4)];
  const column = Math.floor(x / 2);
  if (row?.[column] !== undefined) row[column] |= DOTS[x % 2 === 0 ? 0 : 1][y % 4] ?? 0;
}
