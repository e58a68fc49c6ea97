/** Reader of untrusted weights files. Checks every claim of a safetensors header against the bytes. */
import { type FieldError, TrainyardError } from '../errors/errors.js';
import type { ByteSource } from '../files/byte-source.js';
import type { FileTensor } from '../formats/file-tensor.js';
import { openLegacyFile, openZipFile } from '../formats/pytorch/index.js';
import type { Shape } from '../graph/graph.js';
import { outputsFirstShape } from '../graph/kernels.js';
import { FLOAT_TYPES } from '../numerics/half-floats.js';
import { recognizeFormat } from './weights-format.js';

const LENGTH_BYTES = 8;
/** Limit of the format. */
const MAX_HEADER_BYTES = 100_000_000;
/** Faults that an error lists. */
const MAX_FAULTS = 100;

const SIZES: Readonly<Record<string, number>> = {
  ...{ BOOL: 1, U8: 1, I8: 1, F8_E5M2: 1, F8_E4M3: 1, U16: 2, I16: 2, F16: 2, BF16: 2 },
  ...{ U32: 4, I32: 4, F32: 4, U64: 8, I64: 8, F64: 8 },
};

/** Reads the tensors of a safetensors file or a PyTorch file. Throws `invalid_weights` for other files and malformed ones. */
export async function readWeightsFile(source: ByteSource): Promise<Map<string, FileTensor>> {
  const format = await recognizeFormat(source);
  switch (format) {
    case 'safetensors':
      return readSafetensors(source);
    case 'pytorch':
      return openZipFile(source);
    case 'pytorch-legacy':
      return openLegacyFile(source);
    default:
      throw unsupported(format.other);
  }
}

/**
 * Returns the tensors of a safetensors file. Throws `invalid_weights` if it is malformed: a header longer than the file, a duplicate
 * name, a tensor outside the file, overlapping another, or of a size that does not match its shape; a byte that belongs to no tensor.
 */
async function readSafetensors(source: ByteSource): Promise<Map<string, FileTensor>> {
  const start = headerEnd(source.size, await source.read(0, LENGTH_BYTES + 1));
  const header = parseHeader((await source.read(LENGTH_BYTES, start - LENGTH_BYTES)).toString('utf8'));
  const dataBytes = source.size - start;
  const tensors = new Map<string, FileTensor>();
  const ranges: [start: number, end: number, name: string][] = [];
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const { dtype, shape, offsets } = readEntry(name, entry, dataBytes);
    const [from, to] = offsets;
    ranges.push([from, to, name]);
    tensors.set(name, { dtype, shape, read: () => source.read(start + from, to - from) });
  }
  requireCoverage(ranges, dataBytes);
  return tensors;
}

function headerEnd(size: number, first: Buffer): number {
  if (size === 0) throw new TrainyardError('invalid_weights', 'The weights file is empty.');
  if (size < LENGTH_BYTES) throw unsupported('neither');
  const length = first.readBigUInt64LE();
  const rest = size - LENGTH_BYTES;
  // A length beyond the file, and no JSON behind it: the first bytes are no length.
  if (length > BigInt(rest) && first.toString('latin1', LENGTH_BYTES) !== '{') throw unsupported('neither');
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

/**
 * Throws `invalid_weights` unless the tensors are the variables of a network as in PyTorch. `num_batches_tracked` is optional. `explain`
 * returns a sentence about the architecture of weights that do not fit.
 */
export function requireTensors(
  tensors: ReadonlyMap<string, FileTensor>,
  variables: ReadonlyMap<string, Shape>,
  explain: () => string | undefined,
): void {
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
  const explanation = explain();
  throw new TrainyardError(
    'invalid_weights',
    `The weights do not fit this network: ${first.pointer} ${first.message}${more}.${explanation === undefined ? '' : ` ${explanation}`}`,
    { errors: errors.slice(0, MAX_FAULTS) },
  );
}

/** Returns the error for a file of another format. `what` it is, or that it is `neither`. */
const unsupported = (what: string): TrainyardError =>
  new TrainyardError(
    'invalid_weights',
    `The weights must be a safetensors file or a PyTorch file (.pth, .pt, .bin). This is ${what}.`,
  );

const invalid = (fault: string, cause?: unknown): TrainyardError =>
  new TrainyardError('invalid_weights', `The weights are not an intact safetensors file: ${fault}.`, { cause });
