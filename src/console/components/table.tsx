/** Table for up to 10,000 rows and more: sortable, selectable, reorderable, moved through by keyboard; cards on a phone. */
import './table.css';
import { type Signal, useSignal } from '@preact/signals';
import type { ComponentChildren, RefObject } from 'preact';
import { useId, useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import type { QuerySignal } from '../router/router.js';
import { Icon } from './icon.js';
import { type Drag, dragClass, GripCell, type Reorder } from './reorder.js';
import { MIN_ROWS, useReusedKeys, useVisibleRows } from './visible-rows.js';

export type Column<Row> = Readonly<{
  id: string;
  title: string;
  cell: (row: Row) => ComponentChildren;
  /** Value to sort by. Without it the column cannot be sorted. Rows without a value come last. */
  sort?: (row: Row) => string | number | null | undefined;
  /** Right-aligns numbers. */
  align?: 'start' | 'end';
  /** CSS width, such as `120px` or `30%`. */
  width?: string;
  /** Shows the title only to screen readers, for example above a column of menus. */
  isTitleHidden?: boolean;
}>;

type Props<Row> = Readonly<{
  /** What the table lists, for screen readers. */
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  /** Column to sort by, `-` first for descending: `queryText('sort', '-created')`. */
  sort?: QuerySignal<string> | undefined;
  /** Keys of the selected rows. With it every row has a checkbox. */
  selected?: Signal<ReadonlySet<string>> | undefined;
  /** Opens a row: Enter, or a click on it outside of links and buttons. */
  onOpen?: ((row: Row) => void) | undefined;
  /** Moves rows: by a grip that only movable rows have, or by Alt and the arrow keys. Default: rows stay where they are. */
  reorder?: Reorder<Row> | undefined;
  /** Extra class of a row. */
  rowClass?: ((row: Row) => string | undefined) | undefined;
  /** In place of the rows if there are none. */
  empty?: ComponentChildren;
}>;

export function Table<Row>(props: Props<Row>) {
  const { label, columns, rows, rowKey, sort, selected, reorder, empty } = props;
  const body = useRef<HTMLTableSectionElement>(null);
  const sortedBy = sort?.value;
  const sorted = useMemo(() => sortRows(rows, columns, sortedBy), [rows, columns, sortedBy]);
  const { first, last, rowHeight } = useVisibleRows(body, sorted.length);
  const visible = sorted.slice(first, last);
  const reused = useReusedKeys(visible.map(rowKey));
  const drag = useSignal<Drag | undefined>(undefined);
  const moved = useMovedRow(body, sorted, rowKey);
  if (rows.length === 0 && empty !== undefined) return <>{empty}</>;
  const width = columns.length + (selected ? 1 : 0) + (reorder ? 1 : 0);
  return (
    <div class="table-frame">
      {sort && <PhoneSort columns={columns} sort={sort} />}
      <table
        class={sorted.length <= MIN_ROWS ? 'table table-short' : 'table'}
        aria-label={label}
        aria-rowcount={sorted.length + 1}
      >
        <thead>
          <tr aria-rowindex={1}>
            {reorder && <td class="table-grip-cell" />}
            {selected && <SelectAll keys={sorted.map(rowKey)} selected={selected} />}
            {columns.map((column) => (
              <Heading key={column.id} column={column} sort={sort} />
            ))}
          </tr>
        </thead>
        <tbody ref={body} onKeyDown={(event) => onTableKey(event, props, sorted, moved)}>
          <Gap rows={first} height={rowHeight} width={width} />
          {visible.map((row, index) => (
            <BodyRow
              key={sorted.length > MIN_ROWS ? reused[index] : rowKey(row)}
              row={row}
              index={first + index}
              sorted={sorted}
              drag={drag}
              {...props}
            />
          ))}
          <Gap rows={sorted.length - last} height={rowHeight} width={width} />
        </tbody>
      </table>
    </div>
  );
}

/** Choice of the order on a phone, where the table has no headings to press. */
function PhoneSort<Row>({ columns, sort }: { columns: readonly Column<Row>[]; sort: QuerySignal<string> }) {
  const id = useId();
  const sortable = columns.filter((column) => column.sort !== undefined);
  const isKnown = sortable.some((column) => column.id === sort.value.replace(/^-/, ''));
  return (
    <div class="table-phone-sort">
      <label for={id}>Sort by</label>
      <select
        id={id}
        class="input"
        value={isKnown ? sort.value : ''}
        onChange={(event) => {
          sort.value = event.currentTarget.value;
        }}
      >
        {!isKnown && <option value="">standard order</option>}
        {sortable.flatMap((column) => [
          <option key={column.id} value={column.id}>{`${column.title}, ascending`}</option>,
          <option key={`-${column.id}`} value={`-${column.id}`}>{`${column.title}, descending`}</option>,
        ])}
      </select>
    </div>
  );
}

/** Takes the place of rows that are out of sight. */
function Gap({ rows, height, width }: { rows: number; height: number; width: number }) {
  if (rows <= 0) return null;
  return (
    <tr class="table-gap">
      <td colSpan={width} style={{ height: `${rows * height}px` }} />
    </tr>
  );
}

function Heading<Row>({ column, sort }: { column: Column<Row>; sort: QuerySignal<string> | undefined }) {
  const { id, title, align, width, isTitleHidden } = column;
  const isSortable = sort !== undefined && column.sort !== undefined;
  const order = sort?.value === id ? 'ascending' : sort?.value === `-${id}` ? 'descending' : undefined;
  return (
    <th
      scope="col"
      class={align === 'end' ? 'number' : undefined}
      aria-sort={isSortable ? (order ?? 'none') : undefined}
      style={width === undefined ? undefined : { width }}
    >
      {isSortable ? (
        <button
          type="button"
          class="table-sort"
          onClick={() => {
            sort.value = order === 'ascending' ? `-${id}` : id;
          }}
        >
          {title}
          <Icon name={order === 'ascending' ? 'up' : order === 'descending' ? 'down' : 'sort'} size={11} />
        </button>
      ) : (
        <span class={isTitleHidden ? 'visually-hidden' : undefined}>{title}</span>
      )}
    </th>
  );
}

function SelectAll({ keys, selected }: { keys: readonly string[]; selected: Signal<ReadonlySet<string>> }) {
  const chosen = keys.filter((key) => selected.value.has(key)).length;
  return (
    <th scope="col" class="table-check">
      <input
        type="checkbox"
        aria-label="Select all rows"
        checked={chosen > 0 && chosen === keys.length}
        ref={(input) => {
          if (input) input.indeterminate = chosen > 0 && chosen < keys.length;
        }}
        onChange={(event) => {
          selected.value = new Set(event.currentTarget.checked ? keys : []);
        }}
      />
    </th>
  );
}

function BodyRow<Row>({
  row,
  index,
  columns,
  rowKey,
  selected,
  onOpen,
  rowClass,
  reorder,
  sorted,
  drag,
}: Props<Row> & { row: Row; index: number; sorted: readonly Row[]; drag: Signal<Drag | undefined> }) {
  const key = rowKey(row);
  const element = useRef<HTMLTableRowElement>(null);
  useLayoutEffect(() => () => leaveRow(element.current), [key]);
  const isSelected = selected?.value.has(key) ?? false;
  return (
    <tr
      ref={element}
      tabIndex={index === 0 ? 0 : -1}
      data-row={index}
      aria-rowindex={index + 2}
      {...(selected && { 'aria-selected': isSelected })}
      class={[onOpen && 'table-opens', isSelected && 'table-selected', rowClass?.(row), dragClass(drag.value, index)]
        .filter(Boolean)
        .join(' ')}
      onClick={(event) => {
        const target = event.target as Element;
        if (onOpen && !target.closest('a, button, input, label, select, .table-grip') && !getSelection()?.toString())
          onOpen(row);
      }}
    >
      {reorder && <RowGrip index={index} sorted={sorted} reorder={reorder} drag={drag} />}
      {selected && (
        <td class="table-check">
          <input
            type="checkbox"
            aria-label={`Select row ${index + 1}`}
            checked={isSelected}
            onChange={() => {
              selected.value = toggled(selected.value, key);
            }}
          />
        </td>
      )}
      {columns.map(({ id, title, cell, align, isTitleHidden }) => (
        <td key={id} data-title={isTitleHidden ? undefined : title} class={align === 'end' ? 'number' : undefined}>
          {cell(row)}
        </td>
      ))}
    </tr>
  );
}

/** Closes the menu of a row, and takes the focus from it: its elements are about to show another row. */
function leaveRow(element: HTMLTableRowElement | null): void {
  if (element === null) return;
  if (element.contains(document.activeElement)) (document.activeElement as HTMLElement).blur();
  for (const menu of element.querySelectorAll<HTMLElement>(':popover-open')) menu.hidePopover();
}

type GripProps<Row> = Readonly<{
  index: number;
  sorted: readonly Row[];
  reorder: Reorder<Row>;
  drag: Signal<Drag | undefined>;
}>;

function RowGrip<Row>({ index, sorted, reorder, drag }: GripProps<Row>) {
  const isMovable = (at: number): boolean => sorted[at] !== undefined && reorder.isMovable(sorted[at]);
  if (!isMovable(index)) return <td class="table-grip-cell" />;
  return (
    <GripCell
      index={index}
      drag={drag}
      isTarget={isMovable}
      onDrop={(from, to, side) => {
        const [row, other] = [sorted[from], sorted[to]];
        if (row !== undefined && other !== undefined) reorder.move(row, other, side);
      }}
    />
  );
}

type Moved = { current: string | undefined };

/** Keeps the focus on a row that the keyboard has moved. Set the result to the key of the row before it moves. */
function useMovedRow<Row>(
  body: RefObject<HTMLTableSectionElement | null>,
  sorted: readonly Row[],
  rowKey: (row: Row) => string,
): Moved {
  const moved = useRef<string | undefined>(undefined);
  useLayoutEffect(() => {
    if (moved.current === undefined) return;
    const index = sorted.findIndex((row) => rowKey(row) === moved.current);
    moved.current = undefined;
    body.current?.querySelector<HTMLElement>(`[data-row="${index}"]`)?.focus();
  }, [sorted]);
  return moved;
}

/** Moves a row by one with Alt and an arrow key. Returns whether the keys mean that. */
function onReorderKey<Row>(
  { altKey, key }: KeyboardEvent,
  { reorder, rowKey }: Props<Row>,
  sorted: readonly Row[],
  index: number,
  moved: Moved,
): boolean {
  const step = altKey ? ({ ArrowUp: -1, ArrowDown: 1 } as Record<string, number>)[key] : undefined;
  if (step === undefined || reorder === undefined) return false;
  const [row, other] = [sorted[index], sorted[index + step]];
  if (row === undefined || other === undefined || ![row, other].every(reorder.isMovable)) return true;
  moved.current = rowKey(row);
  reorder.move(row, other, step < 0 ? 'before' : 'after');
  return true;
}

/** Returns the set with the key added, or removed if it was there. */
export function toggled(keys: ReadonlySet<string>, key: string): ReadonlySet<string> {
  const next = new Set(keys);
  if (!next.delete(key)) next.add(key);
  return next;
}

/** Moves between rows with the arrow keys, moves rows with Alt, opens with Enter, selects with Space. */
function onTableKey<Row>(event: KeyboardEvent, props: Props<Row>, sorted: readonly Row[], moved: Moved): void {
  const { rowKey, selected, onOpen } = props;
  const element = event.target as HTMLElement;
  if (element.tagName !== 'TR') return;
  const index = Number(element.dataset['row']);
  const row = sorted[index];
  if (onReorderKey(event, props, sorted, index, moved)) {
    event.preventDefault();
    return;
  }
  const moves: Record<string, number> = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: sorted.length - 1 };
  const target = moves[event.key];
  if (target !== undefined) {
    event.preventDefault();
    focusRow(element, Math.min(Math.max(target, 0), sorted.length - 1));
  } else if (event.key === 'Enter' && row !== undefined && onOpen) onOpen(row);
  else if (event.key === ' ' && row !== undefined && selected) {
    event.preventDefault();
    selected.value = toggled(selected.value, rowKey(row));
  }
}

/** Focuses a row. A row that is not rendered yet is first scrolled into view. */
function focusRow(from: HTMLElement, index: number): void {
  const body = from.parentElement;
  const find = (): HTMLElement | null => body?.querySelector(`[data-row="${index}"]`) ?? null;
  const focus = (): void => {
    find()?.focus({ preventScroll: true });
    find()?.scrollIntoView({ block: 'nearest' });
  };
  if (find()) {
    focus();
    return;
  }
  const gap = Number(from.dataset['row']) - index;
  scrollBy({ top: -gap * from.offsetHeight });
  requestAnimationFrame(() => requestAnimationFrame(focus));
}

function sortRows<Row>(rows: readonly Row[], columns: readonly Column<Row>[], by: string | undefined): readonly Row[] {
  const value = columns.find(({ id }) => id === by?.replace(/^-/, ''))?.sort;
  if (value === undefined || by === undefined) return rows;
  const sign = by.startsWith('-') ? -1 : 1;
  return [...rows].sort((a, b) => compare(value(a), value(b), sign));
}

const names = new Intl.Collator('en', { numeric: true });

/** Compares two values. Missing ones come last in either order. */
function compare(a: string | number | null | undefined, b: string | number | null | undefined, sign: number): number {
  const [hasA, hasB] = [a ?? undefined, b ?? undefined].map((each) => each !== undefined && !Number.isNaN(each));
  if (!hasA || !hasB) return Number(hasB) - Number(hasA);
  if (typeof a === 'number' && typeof b === 'number') return sign * (a - b);
  return sign * names.compare(String(a), String(b));
}
