/**
 * PyTorch's format before 1.6 (`_use_new_zipfile_serialization=False`): pickles of a magic number, the version, the byte order, the
 * checkpoint and the storages' keys; then each storage as its length and its numbers (torch/serialization.py, `_legacy_save`).
 */
import type { ByteSource } from '../../files/byte-source.js';
import type { FileTensor } from '../file-tensor.js';
import { itemBytes, PLAIN_RULES, type Storage, torchRules } from './globals.js';
import { type PickleRules, type PickleValue, readPickle } from './pickle.js';
import { refusal, shown } from './refusal.js';
import { stateDictOf } from './state-dict.js';
import { fileTensor } from './strided-tensor.js';

/** Largest pickle in bytes. */
export const MAX_PICKLE_BYTES = 2 ** 24;
/** Pickle of torch's magic number 0x1950a86a20f9469cfc6c. */
const MAGIC = Buffer.from('80028a0a6cfc9c46f9206aa850192e', 'hex');
const VERSION = 1001;
const LENGTH_BYTES = 8;

/** Returns whether a file begins with torch's magic number, whatever the protocol of its pickles is. */
export const startsAsLegacyFile = (start: Buffer): boolean =>
  start.includes(MAGIC.subarray(2)) && start.indexOf(MAGIC.subarray(2)) <= 11;

/** Returns the tensors of the file. Throws `invalid_weights`. */
export async function openLegacyFile(source: ByteSource): Promise<Map<string, FileTensor>> {
  const head = await source.read(0, Math.min(source.size, MAX_PICKLE_BYTES));
  const types = new Map<string, Storage>();
  const { value, keys, end } = readPickles(head, collecting(types));
  const storages = await locateStorages(source, end, keys, types);
  const locate = async (key: string, bytes: number): Promise<number> => {
    const located = storages.get(key);
    if (located === undefined || located.bytes !== bytes)
      throw refusal(`the storage "${shown(key)}" has ${located?.bytes ?? 'no'} bytes instead of ${bytes}`);
    return located.at;
  };
  return new Map([...stateDictOf(value)].map(([name, view]) => [name, fileTensor(source, view, locate)]));
}

/** Returns torch's rules, which also note the storages that the pickle names. */
function collecting(types: Map<string, Storage>): PickleRules {
  const { globals, persistent } = torchRules();
  return {
    globals,
    persistent(id) {
      const storage = persistent(id) as Storage;
      types.set(storage.key, storage);
      return storage;
    },
  };
}

/** Reads the five pickles at the start of a file. */
function readPickles(head: Buffer, rules: PickleRules): { value: PickleValue; keys: string[]; end: number } {
  const magic = readPickle(head, 0, PLAIN_RULES);
  const version = readPickle(head, magic.end, PLAIN_RULES);
  if (version.value !== VERSION) throw refusal(`its format has another version than ${VERSION}`);
  const system = readPickle(head, version.end, PLAIN_RULES);
  if (system.value instanceof Map && system.value.get('little_endian') === false)
    throw refusal('its numbers are big-endian. Save it on another machine');
  const checkpoint = readPickle(head, system.end, rules);
  const { value: keys, end } = readPickle(head, checkpoint.end, PLAIN_RULES);
  if (!isTexts(keys)) throw refusal('it has no list of storages');
  return { value: checkpoint.value, keys, end };
}

const isTexts = (value: PickleValue): value is string[] =>
  Array.isArray(value) && value.every((each) => typeof each === 'string');

/** Finds the storages, which follow each other in the order of their keys. */
async function locateStorages(
  source: ByteSource,
  from: number,
  keys: readonly string[],
  types: ReadonlyMap<string, Storage>,
) {
  const storages = new Map<string, Readonly<{ at: number; bytes: number }>>();
  let at = from;
  for (const key of keys) {
    const storage = types.get(key);
    if (storage === undefined) throw refusal(`it has a storage "${shown(key)}" that no tensor uses`);
    const length = await source.read(at, LENGTH_BYTES);
    if (length.length < LENGTH_BYTES) throw refusal('it is cut off: some of its storages are missing');
    const bytes = storage.total * itemBytes(storage.dtype);
    if (length.readBigUInt64LE() !== BigInt(storage.total))
      throw refusal(`the storage "${shown(key)}" has ${length.readBigUInt64LE()} numbers instead of ${storage.total}`);
    storages.set(key, { at: at + LENGTH_BYTES, bytes });
    at += LENGTH_BYTES + bytes;
    if (at > source.size) throw refusal(`it is cut off: it has ${source.size} bytes and needs ${at} or more`);
  }
  return storages;
}
