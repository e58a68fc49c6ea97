/** Writer of small PyTorch files: pickles opcode by opcode, and the ZIP format of torch.save. Checked against torch once. */
import { rawZip } from './zip.js';

/** Bytes of opcodes, given as text (latin1), numbers or bytes. */
export const opcodes = (...parts: readonly (string | number | Uint8Array)[]): Buffer =>
  Buffer.concat(
    parts.map((part) =>
      typeof part === 'string' ? Buffer.from(part, 'latin1') : typeof part === 'number' ? Buffer.of(part) : part,
    ),
  );

/** BINUNICODE of a text. */
export function unicode(text: string): Buffer {
  const bytes = Buffer.from(text);
  const head = Buffer.alloc(5, 'X');
  head.writeUInt32LE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

/** BININT of a whole number. */
export function integer(value: number): Buffer {
  const bytes = Buffer.alloc(5, 'J');
  bytes.writeInt32LE(value, 1);
  return bytes;
}

const tuple = (...items: readonly Uint8Array[]): Buffer => opcodes('(', ...items, 't');

export type PthTensor = Readonly<{ shape: readonly number[]; storage?: 'Float' | 'Half' | 'Long'; bytes: Uint8Array }>;

const ITEM_BYTES = { Float: 4, Half: 2, Long: 8 };

/** `torch._utils._rebuild_tensor_v2(storage, 0, shape, strides, False, OrderedDict())`. */
function tensor(key: string, { shape, storage = 'Float', bytes }: PthTensor): Buffer {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  const id = tuple(
    unicode('storage'),
    opcodes(`ctorch\n${storage}Storage\n`),
    unicode(key),
    unicode('cpu'),
    integer(bytes.length / ITEM_BYTES[storage]),
  );
  const hooks = opcodes('ccollections\nOrderedDict\n)R');
  const args = tuple(
    opcodes(id, 'Q'),
    integer(0),
    tuple(...shape.map(integer)),
    tuple(...strides.map(integer)),
    opcodes(0x89),
    hooks,
  );
  return opcodes('ctorch._utils\n_rebuild_tensor_v2\n', args, 'R');
}

/** Returns the pickle of a state dict; storages are numbered in the order of the tensors. */
export const stateDictPickle = (tensors: ReadonlyMap<string, PthTensor>): Buffer =>
  opcodes(0x80, 2, dictionary(tensors), '.');

const dictionary = (tensors: ReadonlyMap<string, PthTensor>): Buffer =>
  opcodes('}(', ...[...tensors].flatMap(([name, each], index) => [unicode(name), tensor(String(index), each)]), 'u');

/** Returns a .pth with this pickle as its data.pkl, and these storages. */
export const pthOf = (pickle: Uint8Array, storages: readonly Uint8Array[] = []): Buffer =>
  rawZip([
    { name: 'archive/data.pkl', bytes: pickle },
    { name: 'archive/byteorder', bytes: 'little' },
    ...storages.map((bytes, key) => ({ name: `archive/data/${key}`, bytes })),
    { name: 'archive/version', bytes: '3\n' },
  ]);

/** Returns the .pth that `torch.save(state_dict)` writes. */
export const writePth = (tensors: ReadonlyMap<string, PthTensor>): Buffer =>
  pthOf(
    stateDictPickle(tensors),
    [...tensors.values()].map(({ bytes }) => bytes),
  );
