/** Range of a long table's rows that are in sight. */
import type { RefObject } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';

/** A shorter table is rendered whole. */
export const MIN_ROWS = 120;
/** Rows rendered above and below the visible ones. */
const MARGIN = 6;
/** Height of a row before the first was measured, in pixels. */
const ROW_PX = 41;

export type VisibleRows = Readonly<{ first: number; last: number; rowHeight: number }>;

/** Returns the rows to render, and the height of one. All rows must be equally high. */
export function useVisibleRows(body: RefObject<HTMLTableSectionElement | null>, rows: number): VisibleRows {
  const [range, setRange] = useState<VisibleRows>({ first: 0, last: Math.min(rows, 60), rowHeight: ROW_PX });
  useLayoutEffect(() => {
    if (rows <= MIN_ROWS) return;
    let frame = 0;
    const measure = (): void => {
      frame = 0;
      const element = body.current;
      if (element === null) return;
      const rowHeight = pitchOf(element) || ROW_PX;
      const { top } = element.getBoundingClientRect();
      const first = clamp(Math.floor(-top / rowHeight) - MARGIN, rows);
      const last = clamp(Math.ceil((innerHeight - top) / rowHeight) + MARGIN, rows);
      setRange((old) =>
        old.first === first && old.last === last && old.rowHeight === rowHeight ? old : { first, last, rowHeight },
      );
    };
    const later = (): void => {
      if (frame === 0) frame = requestAnimationFrame(measure);
    };
    measure();
    addEventListener('scroll', later, { passive: true, capture: true });
    addEventListener('resize', later);
    return () => {
      cancelAnimationFrame(frame);
      removeEventListener('scroll', later, { capture: true });
      removeEventListener('resize', later);
    };
  }, [rows, body]);
  if (rows <= MIN_ROWS) return { first: 0, last: rows, rowHeight: range.rowHeight };
  return { ...range, first: Math.min(range.first, rows), last: Math.min(Math.max(range.last, range.first), rows) };
}

/** Returns the distance between the tops of two rows: cards have a margin. */
function pitchOf(body: HTMLElement): number {
  const [first, second] = body.querySelectorAll<HTMLElement>('tr[data-row]');
  return first && second ? second.offsetTop - first.offsetTop : 0;
}

const clamp = (index: number, rows: number): number => Math.min(rows, Math.max(0, index));

/**
 * Returns the key of each row's elements. A row that stays keeps its elements, and a new row takes over those of a row that has left:
 * to change a row is cheaper than to remove it and make another one.
 */
export function useReusedKeys(rowKeys: readonly string[]): readonly string[] {
  const state = useRef<{ slots: ReadonlyMap<string, string>; made: number }>({ slots: new Map(), made: 0 });
  const { slots, made } = state.current;
  const staying = new Set(rowKeys);
  // In the order of the rows: elements that need not move are laid out faster.
  const free = [...slots].filter(([key]) => !staying.has(key)).map(([, slot]) => slot);
  let next = made;
  const taken = new Map(rowKeys.map((key) => [key, slots.get(key) ?? free.shift() ?? String(next++)]));
  state.current = { slots: taken, made: next };
  return rowKeys.map((key) => taken.get(key) ?? key);
}
