/** Globals that a PyTorch file may name, and the values that stand for them: storages, tensors, and objects without content. */
import { PickleGlobal, type PickleRules, type PickleValue } from './pickle.js';
import { refusal, shown } from './refusal.js';

/** Types of the numbers by the name that torch uses for them: `torch.float32` and so on. Values as in safetensors files. */
const DTYPES: Readonly<Record<string, string>> = {
  ...{ float32: 'F32', float: 'F32', float16: 'F16', half: 'F16', bfloat16: 'BF16', float64: 'F64', double: 'F64' },
  ...{ int64: 'I64', long: 'I64', int32: 'I32', int: 'I32', int16: 'I16', short: 'I16', int8: 'I8', uint8: 'U8' },
  ...{ bool: 'BOOL', uint16: 'U16', uint32: 'U32', uint64: 'U64', complex64: 'C64', complex128: 'C128' },
  ...{ float8_e5m2: 'F8_E5M2', float8_e4m3fn: 'F8_E4M3' },
};

/** Type of the numbers by the class of their storage: `torch.FloatStorage` and so on. */
const STORAGES: Readonly<Record<string, string>> = {
  ...{ FloatStorage: 'F32', HalfStorage: 'F16', BFloat16Storage: 'BF16', DoubleStorage: 'F64', LongStorage: 'I64' },
  ...{ IntStorage: 'I32', ShortStorage: 'I16', CharStorage: 'I8', ByteStorage: 'U8', BoolStorage: 'BOOL' },
  ...{ ComplexFloatStorage: 'C64', ComplexDoubleStorage: 'C128', UntypedStorage: 'U8', 'storage.UntypedStorage': 'U8' },
};

/** Bytes of a number of each type. */
const ITEM_BYTES: Readonly<Record<string, number>> = {
  ...{ BOOL: 1, U8: 1, I8: 1, F8_E5M2: 1, F8_E4M3: 1, U16: 2, I16: 2, F16: 2, BF16: 2 },
  ...{ U32: 4, I32: 4, F32: 4, U64: 8, I64: 8, F64: 8, C64: 8, C128: 16 },
};

export const itemBytes = (dtype: string): number => ITEM_BYTES[dtype] ?? 1;

/** Part of the numbers under `key`: `elements` of them from number `start`. `total` is how many numbers the file must have there. */
export class Storage {
  constructor(
    readonly key: string,
    readonly dtype: string,
    readonly start: number,
    readonly elements: number,
    readonly total: number,
  ) {}
}

/** View of a storage. Offset and strides count numbers. */
export class StoredView {
  constructor(
    readonly storage: Storage,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

/** Object without content: settings and scalars of other libraries, which checkpoints have next to their weights. */
class Opaque {}

type Make = (args: readonly PickleValue[]) => PickleValue;
const opaque: Make = () => new Opaque();

/** `OrderedDict()`, or of Python 2 `OrderedDict([[key, value], …])`. */
const orderedDict: Make = ([pairs]) => {
  const entries = Array.isArray(pairs) ? pairs.filter((pair) => Array.isArray(pair)) : [];
  return new Map(entries.map(([key = null, value = null]) => [key, value]));
};

/** `(storage, offset, size, stride, …)`. The last argument of `_rebuild_tensor_v3` before its metadata is a dtype. */
const tensor: Make = ([storage, offset, shape, strides, , , dtype]) => {
  if (!(storage instanceof Storage)) throw refusal('a tensor of its pickle has no storage');
  const typed = dtype instanceof PickleGlobal ? retyped(storage, dtype) : storage;
  if (!isCount(offset) || !isCounts(shape) || !isCounts(strides) || shape.length !== strides.length)
    throw refusal('a tensor of its pickle has no valid shape and strides');
  const last = shape.includes(0) ? -1 : shape.reduce((sum, size, i) => sum + (size - 1) * (strides[i] ?? 0), offset);
  if (last >= typed.elements)
    throw refusal(`a tensor of shape [${shape}] needs ${last + 1} numbers of a storage that has ${typed.elements}`);
  return new StoredView(typed, offset, shape, strides);
};

function retyped({ key, dtype: own, start, elements, total }: Storage, { path }: PickleGlobal): Storage {
  const dtype = DTYPES[path.replace(/^torch\./, '')];
  if (dtype === undefined) throw refusal(`a tensor of its pickle has the type ${path}`);
  const scale = (count: number) => Math.floor((count * itemBytes(own)) / itemBytes(dtype));
  return new Storage(key, dtype, scale(start), scale(elements), scale(total));
}

const parameter: Make = ([data = null]) => data;

const GLOBALS: PickleRules['globals'] = new Map<string, Make | undefined>([
  ...Object.keys(DTYPES).map((name) => [`torch.${name}`, undefined] as const),
  ...Object.keys(STORAGES).map((name) => [`torch.${name}`, undefined] as const),
  ['collections.OrderedDict', orderedDict],
  ['collections.defaultdict', () => new Map()],
  ['torch._utils._rebuild_tensor', tensor],
  ['torch._utils._rebuild_tensor_v2', (args) => tensor(args.slice(0, 4))],
  ['torch._utils._rebuild_tensor_v3', tensor],
  ['torch._utils._rebuild_parameter', parameter],
  ['torch._utils._rebuild_parameter_with_state', parameter],
  ['torch.Size', ([sizes = []]) => sizes],
  // Settings, scalars and paths next to the weights
  ...[
    ...['torch.device', 'argparse.Namespace', 'pathlib.PosixPath', 'pathlib.WindowsPath', '_codecs.encode'],
    ...['numpy.core.multiarray.scalar', 'numpy._core.multiarray.scalar', 'numpy.dtype', 'numpy.ndarray'],
    ...['numpy.core.multiarray._reconstruct', 'numpy._core.multiarray._reconstruct'],
    ...['builtins.set', '__builtin__.set', 'builtins.list', 'builtins.dict'],
  ].map((path) => [path, opaque] as const),
  ['types.SimpleNamespace', opaque],
]);

/** Returns the rules for the pickles of a PyTorch file. */
export const torchRules = (): PickleRules => ({ globals: GLOBALS, persistent: storageOf });

/** Rules for pickles of plain values alone. */
export const PLAIN_RULES: PickleRules = {
  globals: new Map(),
  persistent() {
    throw refusal('its pickle has a storage among its plain values');
  },
};

/** `('storage', class, key, location, elements)`. Older files add `None` or `(key of the view, start, elements)`. */
function storageOf(id: PickleValue): Storage {
  const [kind, type, key, , elements, view] = Array.isArray(id) ? id : [];
  const name = type instanceof PickleGlobal ? type.path.replace(/^torch\./, '') : '';
  const dtype = STORAGES[name];
  if (kind !== 'storage' || dtype === undefined || typeof key !== 'string' || !isCount(elements))
    throw refusal('its pickle has a persistent id that is no storage');
  if (!Array.isArray(view)) return new Storage(key, dtype, 0, elements, elements);
  const [, start, length] = view;
  if (!isCount(start) || !isCount(length) || start + length > elements)
    throw refusal(`the storage "${shown(key)}" has a view outside of it`);
  return new Storage(key, dtype, start, length, elements);
}

/** Maximum number of dimensions of a tensor. */
const MAX_DIMENSIONS = 32;

/** Returns whether a value is a whole number from 0 to 2^53 − 1. */
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

const isCounts = (value: unknown): value is number[] =>
  Array.isArray(value) && value.length <= MAX_DIMENSIONS && value.every(isCount);
