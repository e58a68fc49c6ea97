/** Lines of the full-screen view: running jobs with their curves, then the queue. */
import { progressText } from './job-text.js';
import { curveLines } from './output/curve.js';
import { lossText, percent, shortId } from './output/numbers-text.js';
import { bar } from './output/progress.js';
import { pad, printable, truncate } from './output/text-width.js';
import { epochShare, type RunState, timeLeft } from './run-state.js';
import type { Job } from './service-types.js';

export type WatchState = Readonly<{
  url: string;
  runs: readonly RunState[];
  waiting: readonly Job[];
  /** Index of the first run that is shown. */
  first: number;
  fault: string | undefined;
}>;

const MIN_PANEL_ROWS = 7;
const MAX_CURVE_ROWS = 12;
/** From this width on, a panel has two curves side by side. */
const TWO_CURVES = 100;
const MAX_WAITING = 5;

/** The space for the text of a bar is a multiple of this, in columns. */
const TEXT_STEP = 8;

/** Returns how many runs fit on the screen. */
export const runsThatFit = (rows: number): number => Math.max(1, Math.floor((rows - 3) / MIN_PANEL_ROWS));

/** Returns the lines of the screen, each at most `columns` wide. */
export function watchLines(state: WatchState, columns: number, rows: number): string[] {
  const { runs, waiting, first, fault } = state;
  const footer = waitingLines(waiting, columns).slice(0, Math.max(0, rows - 3 - MIN_PANEL_ROWS));
  const body = rows - 3 - footer.length;
  const shown = runs.slice(first, first + runsThatFit(body + 3));
  const panelRows = shown.length === 0 ? 0 : Math.floor(body / shown.length);
  const panels = shown.flatMap((run) => panelLines(run, columns, panelRows));
  const empty = shown.length === 0 ? ['', 'No job is running.'] : [];
  const lines = [headLine(state, columns), fault === undefined ? '' : `  ${fault}`, ...panels, ...empty, ...footer];
  return lines.slice(0, rows - 1).map((line) => truncate(line, columns - 1));
}

function headLine({ url, runs, waiting, first }: WatchState, columns: number): string {
  const more = first > 0 || runs.length > 1 ? '  ↑↓ scroll' : '';
  const left = `trainyard  ${url}  ${runs.length} running, ${waiting.length} waiting`;
  const right = `${more}  q quits`;
  return pad(truncate(left, columns - right.length - 2), columns - right.length - 1) + right;
}

/** Returns `rows` lines of one run: title, bar, curves. */
function panelLines(run: RunState, columns: number, rows: number): string[] {
  const height = Math.max(1, Math.min(MAX_CURVE_ROWS, rows - 4));
  const lines = [titleLine(run), barLine(run, columns), ...curvesOf(run, columns, height)];
  return [...lines, ...Array.from({ length: Math.max(0, rows - lines.length) }, () => '')].slice(0, rows);
}

function titleLine({ job }: RunState): string {
  return printable(`${shortId(job.id)}  ${job.spec.name}  ${job.spec.network} on ${job.spec.dataset.name}`);
}

function barLine(run: RunState, columns: number): string {
  const parts = [
    `epoch ${run.epoch}/${run.epochs}`,
    `${Math.floor(100 * epochShare(run))} %`,
    run.loss === undefined ? undefined : `loss ${lossText(run.loss)}`,
    run.imagesPerSecond ? `${Math.round(run.imagesPerSecond)} images/s` : undefined,
    timeLeft(run),
  ].filter((part) => part !== undefined);
  const text = parts.join('  ');
  // In steps, so that the bar does not change its width with each digit.
  const space = columns - 3 - TEXT_STEP * Math.ceil(text.length / TEXT_STEP);
  return `${bar(epochShare(run), Math.max(6, Math.min(30, space)))}  ${text}`;
}

/** Returns a title line and the curves: the loss of the steps, and on a wide terminal the test accuracy of the epochs. */
function curvesOf({ losses, scores }: RunState, columns: number, height: number): string[] {
  const isWide = columns >= TWO_CURVES;
  const width = isWide ? Math.floor((columns - 4) / 2) : columns - 2;
  const loss = ['training loss by step', ...curveLines(losses, width, height)];
  if (!isWide) return loss;
  const latest = scores.at(-1);
  const accuracies = scores.map(({ testAccuracy }) => 100 * testAccuracy);
  const title = `test accuracy by epoch${latest ? `, now ${percent(latest.testAccuracy)}` : ''}`;
  const accuracy = [title, ...curveLines(accuracies, width, height)];
  return loss.map((line, i) => `${pad(line, width)}  ${accuracy[i] ?? ''}`);
}

function waitingLines(waiting: readonly Job[], columns: number): string[] {
  if (waiting.length === 0) return [];
  const shown = waiting
    .slice(0, MAX_WAITING)
    .map((job) =>
      truncate(
        printable(`${shortId(job.id)}  ${pad(job.status, 8)}  ${job.spec.name}  ${progressText(job)}`),
        columns - 1,
      ),
    );
  const rest = waiting.length - shown.length;
  return ['waiting', ...shown, ...(rest > 0 ? [`and ${rest} more`] : [])];
}
