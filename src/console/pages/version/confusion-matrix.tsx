/**
 * Confusion matrix on a canvas: true classes down, predicted classes across. Zooms with the wheel, the buttons and + and −; a click or
 * Enter opens the images of a cell. Usable with 256 classes.
 */
import './confusion-matrix.css';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { Button } from '../../components/button.js';
import { count, percent, plural } from '../../components/format.js';
import { resolveColor } from '../../components/series-colors.js';
import { useDelayed } from '../../router/delayed.js';
import { queryText } from '../../router/router.js';
import { type Matrix, sumOf } from './confusion-data.js';
import {
  type Cell,
  cellAt,
  draw,
  layoutOf,
  type Palette,
  revealed,
  textOfView,
  type View,
  viewOfText,
  wholeView,
  within,
  zoomed,
} from './matrix-view.js';

type Props = Readonly<{
  confusion: Matrix;
  names: readonly string[];
  mode: 'counts' | 'rows';
  onOpen: (actual: string, predicted: string) => void;
}>;

const ZOOM = 0.6;
/** Cells in sight. */
const place = queryText('cells');

export function ConfusionMatrix({ confusion, names, mode, onOpen }: Props) {
  const classes = names.length;
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const width = useWidth(frame);
  const theme = useTheme();
  const [view, setView] = useView(classes);
  const [cursor, setCursor] = useState<Cell | undefined>(undefined);
  const longest = useMemo(() => Math.max(...names.map(({ length }) => length)), [names]);
  const layout = layoutOf(width, view, longest);
  useLayoutEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!canvas.current || !context || width === 0) return;
    const ratio = devicePixelRatio || 1;
    canvas.current.width = Math.round(width * ratio);
    canvas.current.height = Math.round(layout.height * ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    draw(context, { confusion, names, mode, view, layout, cursor, palette: paletteOf(canvas.current) });
  }, [confusion, names, mode, view, cursor, width, theme]);
  const show = (cell: Cell): void => {
    setCursor(cell);
    setView(revealed(view, cell, classes));
  };
  const open = ({ row, column }: Cell): void => onOpen(names[row] ?? '', names[column] ?? '');
  const zoom = (factor: number, around: Cell = cursor ?? middleOf(view)): void =>
    setView(zoomed(view, factor, around, classes));
  usePointer(frame, { layout, view, classes, setView, setCursor, open, zoom });
  return (
    <div>
      <div class="matrix">
        <span class="matrix-axis matrix-y">True class</span>
        <div
          ref={frame}
          class={view.size === classes ? 'matrix-view' : 'matrix-view matrix-zoomed'}
          role="application"
          tabIndex={0}
          aria-label={`Confusion matrix of ${count(classes)} classes. Rows are true classes, columns are predicted classes. Arrow keys move, Enter shows the images, plus and minus zoom.`}
          onKeyDown={(event) =>
            onKey(event, { cursor, view, classes, show, open, zoom, reset: () => setView(wholeView(classes)) })
          }
          onFocus={() =>
            cursor === undefined &&
            frame.current?.matches(':focus-visible') &&
            show({ row: view.top, column: view.left })
          }
        >
          <canvas ref={canvas} class="matrix-canvas" style={{ height: `${layout.height}px` }} />
        </div>
        <span class="matrix-axis matrix-x">Predicted class</span>
      </div>
      <div class="matrix-foot">
        <p class="matrix-readout wrap-anywhere" aria-live="polite">
          {cursor ? (
            <Readout cell={cursor} confusion={confusion} names={names} />
          ) : (
            <span class="muted">
              A cell shows how many images of one class were taken for another. Open it to see them.
            </span>
          )}
        </p>
        {classes > 6 && (
          <span class="row">
            <Button small icon="plus" label="Zoom in" onClick={() => zoom(ZOOM)} />
            <Button
              small
              icon="minus"
              label="Zoom out"
              disabled={view.size === classes}
              onClick={() => zoom(1 / ZOOM)}
            />
            <span class="muted small">
              {view.size === classes ? 'All classes' : `${view.size} of ${count(classes)} classes`}
            </span>
          </span>
        )}
      </div>
    </div>
  );
}

/** Returns the cells in sight, which the address keeps, and a function that changes them. */
function useView(classes: number): [View, (next: View) => void] {
  const cells = useDelayed(place.value, (text) => {
    place.value = text;
  });
  const view = useMemo(() => viewOfText(cells.value, classes), [cells.value, classes]);
  const setView = (next: View): void => {
    cells.value = textOfView(next, classes);
  };
  return [view, setView];
}

const middleOf = ({ top, left, size }: View): Cell => ({ row: top + size / 2, column: left + size / 2 });

function Readout({ cell: { row, column }, confusion, names }: { cell: Cell } & Pick<Props, 'confusion' | 'names'>) {
  const counts = confusion[row] ?? [];
  const images = counts[column] ?? 0;
  const [actual, predicted] = [names[row], names[column]];
  return (
    <>
      <bdi>{actual}</bdi>
      {row === column ? ' predicted correctly: ' : ' predicted as '}
      {row !== column && (
        <>
          <bdi>{predicted}</bdi>
          {': '}
        </>
      )}
      <strong>{plural(images, 'image')}</strong>
      {`, ${percent(images / Math.max(1, sumOf(counts)))} of this class`}
    </>
  );
}

type Keys = Readonly<{
  cursor: Cell | undefined;
  view: View;
  classes: number;
  show: (cell: Cell) => void;
  open: (cell: Cell) => void;
  zoom: (factor: number) => void;
  reset: () => void;
}>;

function onKey(event: KeyboardEvent, { cursor, view, classes, show, open, zoom, reset }: Keys): void {
  const at = cursor ?? { row: view.top, column: view.left };
  const last = classes - 1;
  const bound = (value: number): number => Math.min(last, Math.max(0, value));
  const step = event.shiftKey ? 10 : 1;
  const actions: Record<string, () => void> = {
    ArrowUp: () => show({ ...at, row: bound(at.row - step) }),
    ArrowDown: () => show({ ...at, row: bound(at.row + step) }),
    ArrowLeft: () => show({ ...at, column: bound(at.column - step) }),
    ArrowRight: () => show({ ...at, column: bound(at.column + step) }),
    Home: () => show({ ...at, column: 0 }),
    End: () => show({ ...at, column: last }),
    Enter: () => open(at),
    ' ': () => open(at),
    '+': () => zoom(ZOOM),
    '=': () => zoom(ZOOM),
    '-': () => zoom(1 / ZOOM),
    '0': reset,
  };
  const action = actions[event.key];
  if (action === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  event.stopPropagation();
  action();
}

type Pointer = Readonly<{
  layout: ReturnType<typeof layoutOf>;
  view: View;
  classes: number;
  setView: (view: View) => void;
  setCursor: (cell: Cell | undefined) => void;
  open: (cell: Cell) => void;
  zoom: (factor: number, around: Cell) => void;
}>;

/** Movement in pixels from which a press is a drag rather than a click. */
const DRAG_PX = 5;

/** Hover, click, drag and wheel. The wheel zooms only with Ctrl or over a matrix that is zoomed, so that the page still scrolls. */
function usePointer(frame: { current: HTMLDivElement | null }, pointer: Pointer): void {
  const latest = useRef(pointer);
  latest.current = pointer;
  useEffect(() => {
    const element = frame.current;
    if (element === null) return;
    let pressed: { x: number; y: number; view: View; isDrag: boolean } | undefined;
    const cellOf = (event: PointerEvent | WheelEvent): Cell | undefined => {
      const { left, top } = element.getBoundingClientRect();
      return cellAt(event.clientX - left, event.clientY - top, latest.current.layout, latest.current.view);
    };
    const down = (event: PointerEvent): void => {
      pressed = { x: event.clientX, y: event.clientY, view: latest.current.view, isDrag: false };
    };
    const move = (event: PointerEvent): void => {
      const { layout, classes, setView, setCursor } = latest.current;
      const [dx, dy] = pressed ? [event.clientX - pressed.x, event.clientY - pressed.y] : [0, 0];
      if (pressed && (pressed.isDrag || Math.hypot(dx, dy) > DRAG_PX)) {
        pressed.isDrag = true;
        const { top, left, size } = pressed.view;
        setView(within({ top: top - dy / layout.cell, left: left - dx / layout.cell, size }, classes));
      } else setCursor(cellOf(event));
    };
    const up = (event: PointerEvent): void => {
      const cell = cellOf(event);
      if (pressed && !pressed.isDrag && cell) latest.current.open(cell);
      pressed = undefined;
    };
    const leave = (): void => {
      pressed = undefined;
    };
    const wheel = (event: WheelEvent): void => {
      const cell = cellOf(event);
      const { view, classes, zoom } = latest.current;
      if (cell === undefined || (!event.ctrlKey && view.size === classes)) return;
      event.preventDefault();
      zoom(event.deltaY < 0 ? ZOOM : 1 / ZOOM, cell);
    };
    element.addEventListener('pointerdown', down);
    element.addEventListener('pointermove', move);
    element.addEventListener('pointerup', up);
    element.addEventListener('pointerleave', leave);
    element.addEventListener('wheel', wheel, { passive: false });
    return () => {
      element.removeEventListener('pointerdown', down);
      element.removeEventListener('pointermove', move);
      element.removeEventListener('pointerup', up);
      element.removeEventListener('pointerleave', leave);
      element.removeEventListener('wheel', wheel);
    };
  }, []);
}

function useWidth(frame: { current: HTMLDivElement | null }): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = frame.current;
    if (element === null) return;
    setWidth(element.clientWidth);
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return width;
}

/** Counts changes of the theme: the canvas has resolved colours. */
function useTheme(): number {
  const [changes, setChanges] = useState(0);
  useEffect(() => {
    const onChange = (): void => setChanges((value) => value + 1);
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', onChange);
    addEventListener('trainyard-theme', onChange);
    return () => {
      dark.removeEventListener('change', onChange);
      removeEventListener('trainyard-theme', onChange);
    };
  }, []);
  return changes;
}

function paletteOf(element: HTMLElement): Palette {
  const color = (name: string): string => resolveColor(`var(--${name})`, element.parentElement ?? element);
  return {
    right: color('accent'),
    wrong: color('bad'),
    text: color('text'),
    muted: color('muted'),
    line: color('line-strong'),
    focus: color('text'),
    surface: color('surface'),
  };
}
