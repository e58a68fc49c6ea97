/** Reader of untrusted safetensors files: checks every claim of the header against the bytes. */
import { type FieldError, TrainyardError } from '../errors/errors.js';
import type { Shape } from '../graph/graph.js';
import { outputsFirstShape } from '../graph/kernels.js';
import { FLOAT_TYPES } from '../numerics/half-floats.js';
import { describeOtherFormat } from './other-formats.js';

/** A tensor of the file. `bytes` has the size that its shape and dtype require. */
export type FoundTensor = Readonly<{ dtype: string; shape: readonly number[]; bytes: Uint8Array }>;

const LENGTH_BYTES = 8;
/** Limit of the format. */
const MAX_HEADER_BYTES = 100_000_000;
/** Faults that an error lists. */
const MAX_FAULTS = 100;

const SIZES: Readonly<Record<string, number>> = {
  ...{ BOOL: 1, U8: 1, I8: 1, F8_E5M2: 1, F8_E4M3: 1, U16: 2, I16: 2, F16: 2, BF16: 2 },
  ...{ U32: 4, I32: 4, F32: 4, U64: 8, I64: 8, F64: 8 },
};

/**
 * Returns the tensors of a file. Throws `invalid_weights` if it is malformed: a header longer than the file, a duplicate name, a tensor
 * outside the file, overlapping another, or of a size that does not match its shape; a byte that belongs to no tensor.
 */
export function readWeightsFile(file: Buffer): Map<string, FoundTensor> {
  const other = describeOtherFormat(file);
  if (other !== undefined)
    throw new TrainyardError('invalid_weights', `The weights must be a safetensors file. This is ${other}.`);
  const start = headerEnd(file);
  const json = file.toString('utf8', LENGTH_BYTES, start);
  const header = parseHeader(json);
  const data = file.subarray(start);
  const tensors = new Map<string, FoundTensor>();
  const ranges: [start: number, end: number, name: string][] = [];
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const { dtype, shape, offsets } = readEntry(name, entry, data.length);
    ranges.push([...offsets, name]);
    tensors.set(name, { dtype, shape, bytes: data.subarray(...offsets) });
  }
  requireCoverage(ranges, data.length);
  return tensors;
}

function headerEnd(file: Buffer): number {
  if (file.length < LENGTH_BYTES) throw invalid(`it has ${file.length} bytes, fewer than a header needs`);
  const length = file.readBigUInt64LE();
  const rest = file.length - LENGTH_BYTES;
  if (length > BigInt(rest)) throw invalid(`its header claims ${length} bytes, but only ${rest} follow`);
  if (length > MAX_HEADER_BYTES) throw invalid(`its header of ${length} bytes is longer than ${MAX_HEADER_BYTES}`);
  return LENGTH_BYTES + Number(length);
}

function parseHeader(json: string): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(json);
  } catch (cause) {
    throw invalid('its header is not JSON', cause);
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    throw invalid('its header is not a JSON object');
  const seen = new Set<string>();
  const twice = topLevelNames(json).find((name) => seen.size === seen.add(name).size);
  if (twice !== undefined) throw invalid(`its header has the name "${twice.slice(0, 100)}" twice`);
  return header as Record<string, unknown>;
}

/** Returns the names of the outermost object with duplicates, of which a JSON parser keeps only the last. */
function topLevelNames(json: string): string[] {
  const names: string[] = [];
  let depth = 0;
  let text = '';
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]:]/g)) {
    if (token === '{' || token === '[') depth += 1;
    else if (token === '}' || token === ']') depth -= 1;
    else if (token === ':' && depth === 1) names.push(JSON.parse(text) as string);
    text = token;
  }
  return names;
}

function readEntry(name: string, entry: unknown, dataBytes: number) {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
  const fault = (sentence: string) => invalid(`the tensor "${name.slice(0, 100)}" ${sentence}`);
  const size = typeof dtype === 'string' && Object.hasOwn(SIZES, dtype) ? SIZES[dtype] : undefined;
  if (typeof dtype !== 'string' || size === undefined)
    throw fault(`has the dtype ${JSON.stringify(dtype)?.slice(0, 40)}`);
  if (!isSizes(shape)) throw fault('has no shape');
  if (!isSizes(offsets) || offsets.length !== 2) throw fault('has no data_offsets');
  const [start = 0, end = 0] = offsets;
  if (start > end || end > dataBytes) {
    throw fault(`is at bytes ${start} to ${end} of ${dataBytes}: the file is cut off, or its header is wrong`);
  }
  const bytes = shape.reduce((product, side) => product * side, size);
  if (bytes !== end - start) throw fault(`of shape [${shape}] needs ${bytes} bytes but has ${end - start}`);
  return { dtype, shape, offsets: [start, end] as [number, number] };
}

const isSizes = (value: unknown): value is number[] =>
  Array.isArray(value) && value.length <= 32 && value.every((size) => Number.isSafeInteger(size) && size >= 0);

/** Throws `invalid_weights` unless each byte belongs to exactly one tensor. */
function requireCoverage(ranges: [start: number, end: number, name: string][], dataBytes: number): void {
  let covered = 0;
  for (const [start, end, name] of ranges.sort(([a, b], [c, d]) => a - c || b - d)) {
    if (start < covered) throw invalid(`the tensor "${name.slice(0, 100)}" overlaps another`);
    if (start > covered) throw invalid(`bytes ${covered} to ${start} of its data belong to no tensor`);
    covered = end;
  }
  if (covered !== dataBytes) throw invalid(`bytes ${covered} to ${dataBytes} of its data belong to no tensor`);
}

/** Throws `invalid_weights` unless the tensors are the variables of a network as in PyTorch. `num_batches_tracked` is optional. */
export function requireTensors(tensors: ReadonlyMap<string, FoundTensor>, variables: ReadonlyMap<string, Shape>): void {
  const errors: FieldError[] = [];
  const fault = (name: string, message: string) => errors.push({ pointer: `/weights/${name.slice(0, 200)}`, message });
  for (const [name, shape] of variables) {
    const wanted = outputsFirstShape(shape);
    const found = tensors.get(name);
    if (found === undefined) fault(name, `is missing: its shape is [${wanted}]`);
    else if (!FLOAT_TYPES.has(found.dtype)) fault(name, `must be F32, F16, BF16 or F64, not ${found.dtype}`);
    else if (found.shape.join() !== wanted.join()) fault(name, `must have the shape [${wanted}], not [${found.shape}]`);
  }
  for (const [name, { dtype, shape }] of tensors) {
    if (variables.has(name)) continue;
    if (!variables.has(name.replace(/num_batches_tracked$/, 'running_mean')) || !name.endsWith('num_batches_tracked')) {
      fault(name, 'is not a weight of this network');
    } else if (dtype !== 'I64' || shape.length > 0) fault(name, 'must be a single I64');
  }
  const [first] = errors;
  if (first === undefined) return;
  const more = errors.length > 1 ? ` (${errors.length - 1} more in \`errors\`)` : '';
  throw new TrainyardError(
    'invalid_weights',
    `The weights do not fit this network: ${first.pointer} ${first.message}${more}.`,
    {
      errors: errors.slice(0, MAX_FAULTS),
    },
  );
}

const invalid = (fault: string, cause?: unknown): TrainyardError =>
  new TrainyardError('invalid_weights', `The weights are not an intact safetensors file: ${fault}.`, { cause });
