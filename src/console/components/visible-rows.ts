/** Range of a long table's rows that are in sight. */
import type { RefObject } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';

/** A shorter table is rendered whole. */
export const MIN_ROWS = 120;
/** Rows rendered above and below the visible ones. */
const MARGIN = 12;
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
