/** Reordering of a table's rows: by dragging a grip with the pointer. The table itself moves the focused row with Alt and the arrow keys. */
import './reorder.css';
import type { Signal } from '@preact/signals';
import { Icon } from './icon.js';

export type Side = 'before' | 'after';

export type Reorder<Row> = Readonly<{
  isMovable: (row: Row) => boolean;
  /** Moves a row directly before or after another movable row. */
  move: (row: Row, other: Row, side: Side) => void;
}>;

/** A row that is being dragged, and where it would be dropped. */
export type Drag = Readonly<{ from: number; to?: Readonly<{ index: number; side: Side }> | undefined }>;

/** Distance from the top and the bottom of the window within which it scrolls, in pixels. */
const EDGE_PX = 56;
const SCROLL_PX = 10;

type Props = Readonly<{
  index: number;
  drag: Signal<Drag | undefined>;
  /** Whether rows can be dropped beside this row. */
  isTarget: (index: number) => boolean;
  onDrop: (from: number, to: number, side: Side) => void;
}>;

/** Cell by which a row is dragged. */
export function GripCell(props: Props) {
  return (
    <td class="table-grip-cell">
      <span
        class="table-grip"
        aria-hidden="true"
        title="Drag, or press Alt and an arrow key on the row"
        onPointerDown={(event) => startDrag(event, props)}
      >
        <Icon name="grip" />
      </span>
    </td>
  );
}

/** Returns the class of a row while a row is dragged. */
export function dragClass(drag: Drag | undefined, index: number): string | undefined {
  if (drag?.from === index) return 'table-dragged';
  return drag?.to?.index === index ? `table-drop-${drag.to.side}` : undefined;
}

/** Follows the pointer until it is released. Escape cancels. */
function startDrag(event: PointerEvent, { index, drag, isTarget, onDrop }: Props): void {
  const table = (event.currentTarget as Element).closest('table');
  if (event.button !== 0 || table === null) return;
  event.preventDefault();
  let y = event.clientY;
  let frame = 0;
  const ending = new AbortController();
  const { signal } = ending;
  const look = (): void => {
    drag.value = { from: index, to: targetAt(table, y, index, isTarget) };
  };
  const scroll = (): void => {
    const step = y < EDGE_PX ? -SCROLL_PX : y > innerHeight - EDGE_PX ? SCROLL_PX : 0;
    if (step !== 0) {
      scrollBy(0, step);
      look();
    }
    frame = requestAnimationFrame(scroll);
  };
  const end = (isDrop: boolean): void => {
    const to = drag.peek()?.to;
    ending.abort();
    cancelAnimationFrame(frame);
    drag.value = undefined;
    if (isDrop && to !== undefined) onDrop(index, to.index, to.side);
  };
  look();
  scroll();
  const onMove = ({ clientY }: PointerEvent): void => {
    y = clientY;
    look();
  };
  addEventListener('pointermove', onMove, { signal });
  addEventListener('pointerup', () => end(true), { signal });
  addEventListener('pointercancel', () => end(false), { signal });
  addEventListener('keydown', ({ key }) => key === 'Escape' && end(false), { signal });
}

/** Returns the row and the side at a height of the window, unless the dragged row is there already. */
function targetAt(table: Element, y: number, from: number, isTarget: (index: number) => boolean): Drag['to'] {
  const { left, width } = table.getBoundingClientRect();
  const row = document
    .elementFromPoint(left + Math.min(width, innerWidth) / 2, y)
    ?.closest<HTMLElement>('tr[data-row]');
  if (!row || !table.contains(row)) return undefined;
  const index = Number(row.dataset['row']);
  const box = row.getBoundingClientRect();
  const side = y < box.top + box.height / 2 ? 'before' : 'after';
  const isThere = index === from || (side === 'before' ? index === from + 1 : index === from - 1);
  return isThere || !isTarget(index) ? undefined : { index, side };
}
