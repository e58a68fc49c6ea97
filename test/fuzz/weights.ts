/** Fuzzing of the reader of weights files: mutations of small files of torch.save and of a safetensors file. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TrainyardError } from '../../src/errors/errors.js';
import { readWeightsFile } from '../../src/exports/weights-file.js';
import { bufferSource } from '../../src/files/byte-source.js';
import { encodeSafetensors } from '../../src/formats/safetensors.js';
import { createRandom, mutations } from '../support/mutations.js';

const GOLDEN = join(import.meta.dirname, '../golden/pytorch');
/** Largest tensor that is read, in numbers. The import reads only tensors of the shapes that its network has. */
const MAX_NUMBERS = 1_000_000;
/** A file of a few kilobytes has to be read or refused within this time. */
const MAX_MS = 2_000;

/** Reads every tensor of a file. */
async function readAll(file: Buffer): Promise<void> {
  for (const tensor of (await readWeightsFile(bufferSource(file))).values())
    if (tensor.shape.reduce((product, size) => product * size, 1) <= MAX_NUMBERS) await tensor.read();
}

/** Returns a sentence about a fault of the reader: another error than `invalid_weights`, or too much time. Undefined: none. */
async function faultOf(file: Buffer): Promise<string | undefined> {
  const startedAt = performance.now();
  const error: unknown = await readAll(file).catch((cause: unknown) => cause);
  const ms = performance.now() - startedAt;
  if (ms > MAX_MS) return `took ${Math.round(ms)} ms`;
  if (error === undefined || (error instanceof TrainyardError && error.code === 'invalid_weights')) return undefined;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

async function seedFiles(): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for (const name of await readdir(GOLDEN)) files.set(name, await readFile(join(GOLDEN, name)));
  const tensors = new Map([['conv1.weight', { dtype: 'F32' as const, shape: [2, 3], bytes: new Uint8Array(24) }]]);
  return files.set('safetensors', Buffer.concat(encodeSafetensors(tensors, { format: 'pt' })));
}

/** Reads `count` mutations of each file. Throws with the first file, in base64, that is neither read nor refused. */
export async function fuzzWeights(count: number, seed: number): Promise<void> {
  for (const [name, original] of await seedFiles()) {
    for (const file of mutations(original, createRandom(`${name} ${seed}`), count)) {
      const fault = await faultOf(file);
      if (fault !== undefined) throw new Error(`${name} mutated to ${file.toString('base64')}: ${fault}`);
    }
    console.log(`weights   ${name}: ${count} mutations were read or refused`);
  }
}
