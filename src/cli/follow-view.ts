/** Progress of a job on stderr: one line for each epoch, and a bar in the line of the current one. */

import { durationText } from '../wording/time-text.js';
import { endText } from './job-text.js';
import type { Output } from './output/json-output.js';
import { lossText, percent } from './output/numbers-text.js';
import { bar, createProgressLine } from './output/progress.js';
import { sparkline } from './output/sparkline.js';
import { pad, printable } from './output/text-width.js';
import { applyFrame, createRunState, epochShare, type RunState, timeLeft } from './run-state.js';
import type { FrameOf, Job, StreamFrame } from './service-types.js';

/** Columns of the epoch lines: title, width, text. */
const COLUMNS: readonly (readonly [title: string, width: number, text: (frame: FrameOf<'epoch'>) => string])[] = [
  ['loss', 8, ({ trainLoss }) => lossText(trainLoss)],
  ['train', 8, ({ trainAccuracy }) => percent(trainAccuracy)],
  ['valid.', 8, ({ validationAccuracy }) => shareText(validationAccuracy)],
  ['F1', 8, ({ validationMacroF1 }) => shareText(validationMacroF1)],
  ['bal.', 8, ({ validationBalancedAccuracy }) => shareText(validationBalancedAccuracy)],
  ['test', 8, ({ testAccuracy }) => percent(testAccuracy)],
  ['time', 12, ({ seconds }) => durationText(seconds)],
  ['images/s', 10, ({ imagesPerSecond }) => (imagesPerSecond === null ? '' : String(Math.round(imagesPerSecond)))],
];
/** Columns of runs with validation images. `bal.` appears only if the run watches the balanced accuracy. */
const OF_VALIDATION = ['valid.', 'F1', 'bal.'];
const shareText = (share: number | undefined): string => (share === undefined ? '' : percent(share));

const EPOCH_WIDTH = 9;
/** Columns of a live line besides bar and sparkline. */
const FIXED_WIDTH = 58;

export type FollowView = ReturnType<typeof createFollowView>;

/** Creates the view of a job. `show` takes its frames in order. */
export function createFollowView(output: Output, job: Job) {
  const state = createRunState(job);
  const line = createProgressLine(output.stderr, output.isLive);
  const hasValidation = (job.spec.dataset.validationSamples ?? 0) > 0;
  const watchesBalanced = job.spec.earlyStopping?.metric === 'validationBalancedAccuracy';
  const columns = COLUMNS.filter(
    ([title]) => (hasValidation || !OF_VALIDATION.includes(title)) && (watchesBalanced || title !== 'bal.'),
  );
  let hasHeader = false;
  let phase: number | undefined;
  const write = (text: string): void => {
    if (output.quiet || output.json) return;
    line.finish(text);
  };
  const header = (): void => {
    if (hasHeader) return;
    hasHeader = true;
    write('');
    const titles = columns.map(([title, width]) => pad(title, width, 'right')).join('');
    write(output.paintNote('dim', `${pad('epoch', EPOCH_WIDTH, 'right')}${titles}`));
  };
  return {
    state,
    note: write,
    show(frame: StreamFrame): void {
      applyFrame(state, frame);
      if (frame.type === 'step') {
        header();
        if (frame.phase !== undefined && frame.phase !== phase) write(output.paintNote('dim', `phase ${frame.phase}`));
        phase = frame.phase;
        line.update((width) => liveLine(state, width, output));
      } else if (frame.type === 'epoch') {
        header();
        write(epochLine(frame, columns));
      } else {
        const text = eventLine(frame, output);
        if (text !== undefined) write(frame.type === 'end' ? `\n${text}` : text);
      }
    },
    close: line.clear,
  };
}

const epochCell = (epoch: number, epochs: number): string => pad(`${epoch}/${epochs}`, EPOCH_WIDTH, 'right');

const epochLine = (frame: FrameOf<'epoch'>, columns: typeof COLUMNS): string =>
  epochCell(frame.epoch, frame.epochs) + columns.map(([, width, text]) => pad(text(frame), width, 'right')).join('');

/** Returns `3/5  ████░░  62 %  loss 0.412  598 images/s  ▇▅▄▃  34 s left`, as wide as there is space. */
function liveLine(state: RunState, width: number, output: Output): string {
  const space = Math.max(0, width - FIXED_WIDTH);
  const barWidth = Math.min(30, Math.max(6, Math.floor(space * 0.6)));
  const rate = state.imagesPerSecond ? `${Math.round(state.imagesPerSecond)} images/s` : undefined;
  const parts = [
    `${pad(`${Math.floor(100 * epochShare(state))}`, 3, 'right')} %`,
    `loss ${lossText(state.loss)}`,
    rate,
    output.paintNote('cyan', sparkline(state.losses, Math.min(24, Math.max(6, space - barWidth)))),
    timeLeft(state),
  ].filter((part) => part !== undefined);
  const drawn = output.paintNote('green', bar(epochShare(state), barWidth));
  return `${epochCell(state.epoch, state.epochs)}  ${drawn} ${parts.join('  ')}`;
}

/** Returns the line of a frame that is neither step nor epoch; undefined if it needs none. */
function eventLine(frame: StreamFrame, output: Output): string | undefined {
  const dim = (text: string): string => output.paintNote('dim', printable(text));
  switch (frame.type) {
    case 'status':
      return frame.reason ? dim(`${frame.status}: ${frame.reason.message}`) : dim(`${frame.status}`);
    case 'change':
      return dim(`changed ${changesText(frame)}`);
    case 'resume':
      return dim(`resumes in epoch ${frame.epoch} after step ${frame.step}`);
    case 'start':
      return dim(`starts (${frame.mode}) in epoch ${frame.epoch} after step ${frame.step}`);
    case 'end': {
      const style = frame.status === 'succeeded' ? 'green' : frame.status === 'failed' ? 'red' : 'yellow';
      return output.paintNote(style, printable(endText(frame)));
    }
    default:
      return undefined;
  }
}

const changesText = ({ from, to }: FrameOf<'change'>): string =>
  Object.entries(to)
    .map(([name, value]) => `${name} from ${(from as Record<string, unknown>)[name]} to ${value}`)
    .join(', ');
