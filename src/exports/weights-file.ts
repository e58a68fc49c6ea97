/** A safetensors file from elsewhere, read with suspicion: whatever its header claims is compared with the bytes that are there. */
import { type FieldError, TrainyardError } from '../errors/errors.js';
import type { Shape } from '../graph/graph.js';
import { outputsFirstShape } from '../graph/kernels.js';
import { FLOAT_TYPES } from '../numerics/half-floats.js';
import { otherFormat } from './other-formats.js';

/** A tensor of the file: where it lies is within the file, and its bytes are those of its shape. */
export type FoundTensor = Readonly<{ dtype: string; shape: readonly number[]; bytes: Uint8Array }>;

const LENGTH_BYTES = 8;
/** The format's own limit. */
const MAX_HEADER_BYTES = 100_000_000;
/** Of a list of faults so many are told. */
const MOST_FAULTS = 100;

const SIZES: Readonly<Record<string, number>> = {
  ...{ BOOL: 1, U8: 1, I8: 1, F8_E5M2: 1, F8_E4M3: 1, U16: 2, I16: 2, F16: 2, BF16: 2 },
  ...{ U32: 4, I32: 4, F32: 4, U64: 8, I64: 8, F64: 8 },
};

/**
 * The tensors of a file. Throws `invalid_weights` where it is not in the format: a header longer than the file, a name that is there
 * twice, a tensor that lies outside, over another, or of another size than its shape; a byte that belongs to none.
 */
export function readWeightsFile(file: Buffer): Map<string, FoundTensor> {
  const other = otherFormat(file);
  if (other !== undefined)
    throw new TrainyardError('invalid_weights', `The weights must be a safetensors file. This is ${other}.`);
  const start = headerEnd(file);
  const json = file.toString('utf8', LENGTH_BYTES, start);
  const header = parseHeader(json);
  const data = file.subarray(start);
  const tensors = new Map<string, FoundTensor>();
  const places: [start: number, end: number, name: string][] = [];
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const { dtype, shape, place } = readEntry(name, entry, data.length);
    places.push([...place, name]);
    tensors.set(name, { dtype, shape, bytes: data.subarray(...place) });
  }
  requireCoverage(places, data.length);
  return tensors;
}

function headerEnd(file: Buffer): number {
  if (file.length < LENGTH_BYTES) throw invalid(`it has ${file.length} bytes, and its header alone needs more`);
  const length = file.readBigUInt64LE();
  const rest = file.length - LENGTH_BYTES;
  if (length > BigInt(rest)) throw invalid(`its header claims ${length} bytes, and ${rest} follow`);
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
  if (typeof header !== 'object' || header === null || Array.isArray(header)) throw invalid('its header is no object');
  const seen = new Set<string>();
  const twice = topLevelNames(json).find((name) => seen.size === seen.add(name).size);
  if (twice !== undefined) throw invalid(`its header has the name "${twice.slice(0, 100)}" twice`);
  return header as Record<string, unknown>;
}

/** The names of the outermost object, each as often as it is there: a parser keeps the last of them alone. */
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
  const { dtype, shape, data_offsets: place } = (entry ?? {}) as Record<string, unknown>;
  const fault = (sentence: string) => invalid(`the tensor "${name.slice(0, 100)}" ${sentence}`);
  const size = typeof dtype === 'string' && Object.hasOwn(SIZES, dtype) ? SIZES[dtype] : undefined;
  if (typeof dtype !== 'string' || size === undefined)
    throw fault(`has the dtype ${JSON.stringify(dtype)?.slice(0, 40)}`);
  if (!isSizes(shape)) throw fault('has no shape');
  if (!isSizes(place) || place.length !== 2) throw fault('has no data_offsets');
  const [start = 0, end = 0] = place;
  if (start > end || end > dataBytes) {
    throw fault(`lies at bytes ${start} to ${end} of ${dataBytes}: the file is cut off, or its header wrong`);
  }
  const bytes = shape.reduce((product, side) => product * side, size);
  if (bytes !== end - start) throw fault(`of shape [${shape}] needs ${bytes} bytes and has ${end - start}`);
  return { dtype, shape, place: [start, end] as [number, number] };
}

const isSizes = (value: unknown): value is number[] =>
  Array.isArray(value) && value.length <= 32 && value.every((size) => Number.isSafeInteger(size) && size >= 0);

/** Each byte belongs to one tensor. */
function requireCoverage(places: [start: number, end: number, name: string][], dataBytes: number): void {
  let covered = 0;
  for (const [start, end, name] of places.sort(([a, b], [c, d]) => a - c || b - d)) {
    if (start < covered) throw invalid(`the tensor "${name.slice(0, 100)}" lies over another`);
    if (start > covered) throw invalid(`bytes ${covered} to ${start} of its data belong to no tensor`);
    covered = end;
  }
  if (covered !== dataBytes) throw invalid(`bytes ${covered} to ${dataBytes} of its data belong to no tensor`);
}

/** What the variables of a network are in a file of PyTorch, `num_batches_tracked` aside, which may be left out. */
export function requireTensors(tensors: ReadonlyMap<string, FoundTensor>, variables: ReadonlyMap<string, Shape>): void {
  const errors: FieldError[] = [];
  const fault = (name: string, message: string) => errors.push({ pointer: `/weights/${name.slice(0, 200)}`, message });
  for (const [name, shape] of variables) {
    const wanted = outputsFirstShape(shape);
    const found = tensors.get(name);
    if (found === undefined) fault(name, `is missing; its shape is [${wanted}]`);
    else if (!FLOAT_TYPES.has(found.dtype)) fault(name, `must be F32, F16, BF16 or F64, not ${found.dtype}`);
    else if (found.shape.join() !== wanted.join()) fault(name, `must have the shape [${wanted}], not [${found.shape}]`);
  }
  for (const [name, { dtype, shape }] of tensors) {
    if (variables.has(name)) continue;
    if (!variables.has(name.replace(/num_batches_tracked$/, 'running_mean')) || !name.endsWith('num_batches_tracked')) {
      fault(name, 'is none of this network');
    } else if (dtype !== 'I64' || shape.length > 0) fault(name, 'must be one I64');
  }
  const [first] = errors;
  if (first === undefined) return;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more, see errors)` : '';
  throw new TrainyardError(
    'invalid_weights',
    `The weights are not of this network: ${first.pointer} ${first.message}${more}.`,
    {
      errors: errors.slice(0, MOST_FAULTS),
    },
  );
}

const invalid = (fault: string, cause?: unknown): TrainyardError =>
  new TrainyardError('invalid_weights', `The weights are no whole safetensors file: ${fault}.`, { cause });
