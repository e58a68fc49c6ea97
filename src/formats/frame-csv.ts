/** Frames as CSV: a header, and one row for each frame. */
import type { StreamFrame } from '../contracts/jobs/frame.js';

/** Columns in order. A column may be added at the end. */
const COLUMNS = [
  ...['seq', 'at', 'type', 'epoch', 'step', 'steps', 'loss', 'accuracy', 'learningRate', 'imagesPerSecond'],
  ...['trainLoss', 'trainAccuracy', 'validationLoss', 'validationAccuracy', 'testLoss', 'testAccuracy'],
  ...['epochs', 'seconds', 'status', 'attempt', 'code', 'model', 'number', 'from', 'to'],
  ...['cpu', 'memoryBytes', 'gpu', 'gpuMemoryBytes', 'best'],
  ...['validationMacroF1', 'validationBalancedAccuracy', 'validationTop5Accuracy', 'testTop5Accuracy'],
] as const;

export const CSV_HEADER = `${COLUMNS.join(',')}\n`;

/** Returns the row of a frame. A cell is empty if the frame has no such field, and `NaN` if the field is NaN or infinite. */
export function csvRow(frame: StreamFrame): string {
  const usage = 'usage' in frame ? frame.usage : {};
  const fields: Readonly<Record<string, unknown>> = { ...frame, ...usage, ...outcomeOf(frame) };
  return `${COLUMNS.map((column) => cell(fields[column])).join(',')}\n`;
}

/** Returns the code of the reason or error, and the model, as one cell each. */
function outcomeOf(frame: StreamFrame): Readonly<{ code?: string | undefined; model?: string }> {
  if (frame.type === 'status') return { code: frame.reason?.code };
  if (frame.type !== 'end') return {};
  const { model, error, reason } = frame;
  return { code: (error ?? reason)?.code, ...(model && { model: `${model.name}@${model.version}` }) };
}

function cell(value: unknown): string {
  if (value === undefined) return '';
  if (value === null) return 'NaN';
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
