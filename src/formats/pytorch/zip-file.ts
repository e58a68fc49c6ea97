/** PyTorch's ZIP format: `<name>/data.pkl` with the checkpoint, and each storage uncompressed under `<name>/data/<key>`. */
import type { Entry } from 'yauzl';
import { TrainyardError } from '../../errors/errors.js';
import type { ByteSource } from '../../files/byte-source.js';
import { openZipListing, ZIP_HEADER_BYTES, zipHeaderLength } from '../../files/zip-listing.js';
import type { FileTensor } from '../file-tensor.js';
import { torchRules } from './globals.js';
import { MAX_PICKLE_BYTES } from './legacy-file.js';
import { readPickle } from './pickle.js';
import { refusal, shown } from './refusal.js';
import { stateDictOf } from './state-dict.js';
import { fileTensor } from './strided-tensor.js';

/** Maximum number of entries of an archive. The largest network with an optimizer has about 3,000. */
const MAX_ENTRIES = 100_000;
const ENCRYPTED = 1;

/** Entry of the archive. `at` is the offset of its header. */
type ZipEntry = Readonly<{ name: string; at: number; bytes: number; isStored: boolean }>;

/** Returns the tensors of the file. Throws `invalid_weights`. */
export async function openZipFile(source: ByteSource): Promise<Map<string, FileTensor>> {
  const entries = await listEntries(source);
  const pickle = [...entries.keys()].find((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickle === undefined) throw refusal('its archive has no data.pkl');
  const folder = pickle.slice(0, -'data.pkl'.length);
  await requireLittleEndian(source, entries.get(`${folder}byteorder`));
  const { value } = readPickle(await readSmall(source, entries.get(pickle)), 0, torchRules());
  const locate = async (key: string, bytes: number): Promise<number> => {
    const entry = entries.get(`${folder}data/${key}`);
    if (entry?.bytes !== bytes)
      throw refusal(`the storage "${shown(key)}" has ${entry?.bytes ?? 'no'} bytes instead of ${bytes}`);
    return dataAt(source, entry);
  };
  return new Map([...stateDictOf(value)].map(([name, view]) => [name, fileTensor(source, view, locate)]));
}

async function listEntries(source: ByteSource): Promise<Map<string, ZipEntry>> {
  try {
    const zip = await openZipListing(source);
    if (zip.entryCount > MAX_ENTRIES)
      throw refusal(`its archive lists ${zip.entryCount} files, and at most ${MAX_ENTRIES} are allowed`);
    const entries = new Map<string, ZipEntry>();
    for await (const entry of zip.eachEntry()) addEntry(entries, entry);
    return entries;
  } catch (cause) {
    if (cause instanceof TrainyardError) throw cause;
    throw refusal('its archive is damaged or cut off: the list of files at its end cannot be read', cause);
  }
}

function addEntry(entries: Map<string, ZipEntry>, entry: Entry): void {
  const name = Buffer.from(entry.fileName as unknown as Uint8Array).toString('utf8');
  if (entries.has(name)) throw refusal(`its archive has "${shown(name)}" twice`);
  const isStored = entry.compressionMethod === 0 && (entry.generalPurposeBitFlag & ENCRYPTED) === 0;
  entries.set(name, { name, at: entry.relativeOffsetOfLocalHeader, bytes: entry.uncompressedSize, isStored });
}

/** Returns the offset of an entry's bytes. Throws if the entry is compressed or reaches beyond the file. */
async function dataAt(source: ByteSource, { name, at, bytes, isStored }: ZipEntry): Promise<number> {
  if (!isStored) throw refusal(`"${shown(name)}" of its archive is compressed. Save the file again with torch.save`);
  const header = zipHeaderLength(await source.read(at, ZIP_HEADER_BYTES));
  if (header === undefined)
    throw refusal(`its archive is damaged: its list of files points to no file for "${shown(name)}"`);
  const data = at + header;
  if (data + bytes > source.size) throw refusal(`"${shown(name)}" reaches beyond its archive`);
  return data;
}

async function readSmall(source: ByteSource, entry: ZipEntry | undefined): Promise<Buffer> {
  if (entry === undefined) throw refusal('its archive lacks a file');
  if (entry.bytes > MAX_PICKLE_BYTES)
    throw refusal(`"${shown(entry.name)}" has ${entry.bytes} bytes, and at most ${MAX_PICKLE_BYTES} are allowed`);
  return source.read(await dataAt(source, entry), entry.bytes);
}

async function requireLittleEndian(source: ByteSource, byteorder: ZipEntry | undefined): Promise<void> {
  if (byteorder === undefined) return;
  const order = (await readSmall(source, byteorder)).toString('latin1').trim();
  if (order !== 'little') throw refusal(`its byte order is "${shown(order)}", not little. Save it on another machine`);
}
