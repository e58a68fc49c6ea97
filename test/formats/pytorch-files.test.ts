/** PyTorch files of torch.save, read without Python; and files that would run code or exhaust memory. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readWeightsFile } from '../../src/exports/weights-file.js';
import { bufferSource } from '../../src/files/byte-source.js';
import type { FileTensor } from '../../src/formats/file-tensor.js';
import { readPickle } from '../../src/formats/pytorch/pickle.js';
import { widen } from '../../src/numerics/half-floats.js';
import { createRandom, mutations } from '../support/mutations.js';
import { integer, opcodes, pthOf, stateDictPickle, unicode, writePth } from '../support/pth.js';
import { rawZip } from '../support/zip.js';

const folder = join(import.meta.dirname, '../golden/pytorch');
const golden = (name: string): Buffer => readFileSync(join(folder, name));
const open = (file: Buffer): Promise<Map<string, FileTensor>> => readWeightsFile(bufferSource(file));
const refusalOf = (file: Buffer): Promise<string> =>
  open(file).then(
    () => 'accepted',
    (error: { code?: string; message: string }) => `${error.code}: ${error.message}`,
  );

async function numbers(tensor: FileTensor | undefined): Promise<number[]> {
  if (tensor === undefined) return [];
  const bytes = await tensor.read();
  if (tensor.dtype === 'I64') return [Number(Buffer.from(bytes).readBigInt64LE())];
  return [...widen({ dtype: tensor.dtype, bytes })];
}

/** Numbers 0, 1/4, 2/4, … as bench/reference/write_checkpoints.py counts them. */
const counted = (...indices: number[]): number[] => indices.map((index) => index / 4);
const firsts = (count: number): number[] => counted(...Array.from({ length: count }, (_, index) => index));

const STATE: Readonly<Record<string, readonly [dtype: string, shape: number[], values: number[]]>> = {
  f32: ['F32', [2, 3, 4], firsts(24)],
  f16: ['F16', [6], firsts(6)],
  bf16: ['BF16', [6], firsts(6)],
  f64: ['F64', [6], firsts(6)],
  i64: ['I64', [], [7]],
  scalar: ['F32', [], [2.5]],
  empty: ['F32', [0, 3], []],
  channels_last: ['F32', [2, 3, 4, 5], firsts(120)],
  transposed: ['F32', [3, 2], counted(0, 3, 1, 4, 2, 5)],
  slice: ['F32', [4], counted(3, 4, 5, 6)],
  every_third: ['F32', [4], counted(0, 3, 6, 9)],
  expanded: ['F32', [2, 3], [5, 5, 5, 5, 5, 5]],
  parameter: ['F32', [4], firsts(4)],
};

describe('a file of torch.save', () => {
  it.each(['zip.pth', 'legacy.pth', 'protocol4.pth'])('is read to the bit: %s', async (name) => {
    const found: Record<string, unknown> = {};
    for (const [key, tensor] of await open(golden(name)))
      found[key] = [tensor.dtype, tensor.shape, await numbers(tensor)];
    expect(found).toEqual(STATE);
  });

  it.each(['checkpoint.pth', 'legacy-checkpoint.pth'])(
    'has its weights under state_dict, next to an optimizer and settings: %s',
    async (name) => {
      const tensors = await open(golden(name));
      expect([...tensors.keys()]).toEqual(['module.0.weight', 'module.0.bias']);
      expect(await numbers(tensors.get('module.0.weight'))).toEqual(firsts(6));
    },
  );

  it('is refused by the name of its class if it has a whole module', async () => {
    expect(await refusalOf(golden('module.pth'))).toMatch(
      /invalid_weights: The PyTorch file cannot be read: its pickle names torch\.nn\.modules\.container\.Sequential, and only tensors .*torch\.save\(model\.state_dict\(\), 'model\.pth'\)\. Nothing in it was run\.$/,
    );
  });

  it('has the form that the writer of these tests writes', async () => {
    const bytes = new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer);
    const tensors = await open(writePth(new Map([['a.b', { shape: [2, 3], bytes }]])));
    expect(await numbers(tensors.get('a.b'))).toEqual([1, 2, 3, 4, 5, 6]);
  });
});

describe('a pickle that wants to run code', () => {
  it.each<[what: string, pickle: Buffer, name: string]>([
    ['os.system', opcodes('cposix\nsystem\n', unicode('touch /tmp/x'), 0x85, 'R.'), 'posix.system'],
    ['builtins.eval', opcodes(unicode('builtins'), unicode('eval'), 0x93, unicode('1'), 0x85, 'R.'), 'builtins.eval'],
    ['a subprocess', opcodes('csubprocess\nPopen\n', unicode('ls'), 0x85, 'R.'), 'subprocess.Popen'],
    ['getattr', opcodes('c__builtin__\ngetattr\n.'), '__builtin__.getattr'],
    ["torch's loader of bytes", opcodes('ctorch.storage\n_load_from_bytes\n.'), 'torch.storage._load_from_bytes'],
    ['runpy by NEWOBJ', opcodes('crunpy\n_run_code\n', ')', 0x81, '.'), 'runpy._run_code'],
    ['a name with control characters', opcodes('cos\n\x1b[31msystem\n.'), 'os.?[31msystem'],
  ])('is refused with the name: %s', async (_, pickle, name) => {
    const refusal = await refusalOf(pthOf(opcodes(0x80, 2, pickle)));
    expect(refusal).toContain(`its pickle names ${name}, and only tensors`);
    expect(refusal).toMatch(/Nothing in it was run\.$/);
  });

  it.each<[opcode: string, pickle: Buffer]>([
    ['INST', opcodes('(ios\nsystem\n.')],
    ['OBJ', opcodes('(o.')],
    ['EXT1', opcodes(0x82, 1, '.')],
    ['NEWOBJ_EX', opcodes(0x92, '.')],
    ['PERSID', opcodes('P0\n.')],
    ['0xff', opcodes(0xff)],
  ])('is refused with the opcode %s', async (opcode, pickle) => {
    expect(await refusalOf(pthOf(opcodes(0x80, 2, pickle)))).toContain(`has the opcode ${opcode} at byte `);
  });

  it.each<[what: string, pickle: Buffer, sentence: RegExp]>([
    ['a dtype', opcodes('ctorch\nfloat32\n)R.'), /calls torch\.float32, which is no function/],
    ['a text', opcodes(unicode('os.system'), ')R.'), /calls a value, which is no function/],
    ['with a list that is none', opcodes('ccollections\nOrderedDict\n', integer(1), 'R.'), /which is no function/],
  ])('is refused if it calls %s', async (_, pickle, sentence) => {
    expect(await refusalOf(pthOf(opcodes(0x80, 2, pickle)))).toMatch(sentence);
  });
});

describe('a pickle that is malformed or excessive', () => {
  const cyclic = opcodes('}q', 0, unicode('model'), 'h', 0, 's.');
  const shared = opcodes(']q', 0, ...Array.from({ length: 40 }, () => opcodes('h', 0, 'h', 0, 0x86, 'q', 0)), '.');
  it.each<[what: string, pickle: Buffer, sentence: RegExp]>([
    ['ends in a number', opcodes('J', 1), /ends at byte 4, within a value/],
    ['claims a text of 4 GB', opcodes('X', 0xff, 0xff, 0xff, 0xff), /within a value/],
    ['claims bytes of 2^64', opcodes(0x8e, Buffer.alloc(8, 0xff)), /within a value/],
    ['has no end', opcodes('}'), /within a value/],
    ['takes from an empty stack', opcodes('s'), /empty stack/],
    ['takes beyond a mark', opcodes('}(0'), /empty stack/],
    ['lacks a mark', opcodes('t.'), /no mark/],
    ['reads an empty memo', opcodes('h', 3, '.'), /memo at 3/],
    ['has a key without a value', opcodes('}(N', 'u.'), /key without a value/],
    ['contains itself', cyclic, /no dictionary of tensors, only the keys model/],
    ['contains a list 2^40 times', shared, /no dictionary of tensors/],
    ['has a million opcodes', opcodes(Buffer.alloc(2 ** 20, 'N'), '.'), /more than 1000000 opcodes/],
    ['has an integer of 2^31 bytes', opcodes(0x8b, 0, 0, 0, 0x7f), /within a value/],
    ['is a number', opcodes('K', 1, '.'), /no dictionary of tensors/],
    [
      'has other keys',
      opcodes('}(', unicode('epoch'), 'K', 3, 'u.'),
      /only the keys epoch\. Weights may stand .*state_dict/,
    ],
    ['has a persistent id that is no storage', opcodes('NQ.'), /persistent id that is no storage/],
  ])('%s, and is refused', async (_, pickle, sentence) => {
    expect(await refusalOf(pthOf(opcodes(0x80, 2, pickle)))).toMatch(sentence);
  });

  it('is refused if it is larger than 16 MiB', async () => {
    expect(await refusalOf(pthOf(Buffer.alloc(2 ** 24 + 1)))).toMatch(/at most 16777216 are allowed/);
  });

  it('reads values as Python writes them', () => {
    const rules = { globals: new Map(), persistent: () => null };
    const pickle = opcodes(
      '(',
      ...[integer(-2), opcodes('M', 1, 2), opcodes(0x8a, 2, 0xff, 0x00), opcodes(0x8a, 1, 0xff), opcodes(0x8a, 0)],
      ...[opcodes(0x8a, 9, Buffer.alloc(8), 1), opcodes('G', 0x3f, 0xf8, Buffer.alloc(6)), opcodes('U', 1, 'x')],
      ...[opcodes('N', 0x88, 0x89), opcodes(0x8f, '(K', 1, 0x90), 't.'],
    );
    expect(readPickle(pickle, 0, rules).value).toEqual([
      ...[-2, 513, 255, -1, 0, 2n ** 64n, 1.5, 'x', null, true, false],
      new Map([[1, true]]),
    ]);
  });
});

describe('tensors that do not fit their storages', () => {
  /** A .pth whose tensor has this shape, these strides and this offset in a storage of 6 numbers. */
  const viewed = (shape: readonly number[], strides: readonly number[], offset = 0, elements = 6): Buffer => {
    const list = (items: readonly number[]) => opcodes('(', ...items.map(integer), 't');
    const storage = opcodes(
      '(',
      unicode('storage'),
      'ctorch\nFloatStorage\n',
      unicode('0'),
      unicode('cpu'),
      integer(elements),
      'tQ',
    );
    const args = opcodes('(', storage, integer(offset), list(shape), list(strides), 0x89, 'Nt');
    const value = opcodes('ctorch._utils\n_rebuild_tensor_v2\n', args, 'R');
    return pthOf(opcodes(0x80, 2, '}', unicode('a'), value, 's.'), [Buffer.alloc(24)]);
  };
  it.each<[what: string, file: Buffer, sentence: RegExp]>([
    ['that is too small', viewed([7], [1]), /needs 7 numbers of a storage that has 6/],
    ['because of strides', viewed([2, 2], [1, 5]), /needs 7 numbers/],
    ['because of an offset', viewed([6], [1], 1), /needs 7 numbers/],
    ['because of overflow', viewed([2 ** 30, 2 ** 30, 2 ** 30], [2 ** 30, 2 ** 30, 2 ** 30]), /a storage that has 6/],
    ['with negative strides', viewed([2], [-1], 5), /no valid shape and strides/],
    ['with another number of strides', viewed([2], [1, 1]), /no valid shape and strides/],
    ['with 33 dimensions', viewed(Array(33).fill(1), Array(33).fill(1)), /no valid shape and strides/],
  ])('are refused: a storage %s', async (_, file, sentence) => {
    expect(await refusalOf(file)).toMatch(sentence);
  });

  it('are refused when they are read if the file has other bytes', async () => {
    const larger = await open(viewed([7], [1], 0, 7));
    await expect(larger.get('a')?.read()).rejects.toThrow('the storage "0" has 24 bytes instead of 28');
    const none = pthOf(stateDictPickle(new Map([['a', { shape: [1], bytes: Buffer.alloc(4) }]])));
    await expect((await open(none)).get('a')?.read()).rejects.toThrow('the storage "0" has no bytes instead of 4');
  });

  it('take no memory until they are read, whatever their shape is', async () => {
    const huge = await open(viewed([2 ** 30, 2 ** 30], [0, 0]));
    expect(huge.get('a')?.shape).toEqual([2 ** 30, 2 ** 30]);
  });
});

describe('an archive', () => {
  const entry = { name: 'archive/data.pkl', bytes: stateDictPickle(new Map()) };
  it.each<[what: string, file: Buffer, sentence: RegExp]>([
    [
      'with a compressed pickle',
      rawZip([{ ...entry, method: 8 }]),
      /"archive\/data\.pkl" of its archive is compressed/,
    ],
    ['in big-endian', rawZip([entry, { name: 'archive/byteorder', bytes: 'big' }]), /byte order is "big", not little/],
    ['with a name twice', rawZip([entry, entry]), /has "archive\/data\.pkl" twice/],
    ['whose list is cut off', pthOf(entry.bytes).subarray(0, -30), /list of files at its end cannot be read/],
    ['whose list points nowhere', rawZip([{ ...entry, claims: { at: 9_999 } }]), /points to no file/],
    ['whose pickle reaches beyond it', rawZip([{ ...entry, claims: { bytes: 9_999 } }]), /reaches beyond its archive/],
  ])('%s is refused', async (_, file, sentence) => {
    expect(await refusalOf(file)).toMatch(sentence);
  });

  it('of the older format is refused if it is cut off', async () => {
    const file = golden('legacy.pth');
    expect(await refusalOf(file.subarray(0, -8))).toMatch(/it is cut off/);
    expect(await refusalOf(file.subarray(0, 200))).toMatch(/ends at byte 200, within a value/);
  });
});

describe('a damaged file', () => {
  it.each(readdirSync(folder))('is read or refused with a sentence, whatever bytes change: %s', async (name) => {
    const random = createRandom(name);
    for (const file of mutations(golden(name), random, 300)) {
      const outcome = await readAll(file).catch((error: unknown) => error);
      if (outcome !== undefined) expect(outcome).toMatchObject({ code: 'invalid_weights' });
    }
  });
});

/** Reads every tensor of at most a million numbers, as the import does after it has compared the shapes. */
async function readAll(file: Buffer): Promise<void> {
  for (const tensor of (await open(file)).values())
    if (tensor.shape.reduce((product, size) => product * size, 1) <= 1_000_000) await tensor.read();
}
