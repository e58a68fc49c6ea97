/** Runs a model in this browser by its TensorFlow.js export. This file and TensorFlow.js are loaded when they are first needed. */
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-webgl';
import { type GraphModel, loadGraphModel } from '@tensorflow/tfjs-converter';
import { env, getBackend, io, ready, setBackend, type Tensor, tensor4d } from '@tensorflow/tfjs-core';
import { client } from '../../data/service.js';
import type { ImageSize } from './model-info.js';

export type BrowserAnswer = Readonly<{ probabilities: readonly number[]; backend: string; ms: number }>;

const WEIGHTS = 'group1-shard1of1.bin';

/** Loads the export of a version. Resolves with a function that runs it for the pixels of one image. */
export async function loadBrowserModel(name: string, version: number, signal: AbortSignal) {
  await chooseBackend();
  const { stream } = await client.models.export(name, version, { format: 'tfjs', signal });
  const files = untar(new Uint8Array(await new Response(stream).arrayBuffer()));
  const model = await loadGraphModel(io.fromMemory(artifactsOf(files)));
  return {
    run: (pixels: Int32Array, size: ImageSize) => run(model, pixels, size),
    dispose: () => model.dispose(),
  };
}

export type BrowserModel = Awaited<ReturnType<typeof loadBrowserModel>>;

/** WebGL if it computes in float32, which phones may lack; else the CPU. */
async function chooseBackend(): Promise<void> {
  const isWebGl = await setBackend('webgl').catch(() => false);
  if (!isWebGl || !env().getBool('WEBGL_RENDER_FLOAT32_ENABLED')) await setBackend('cpu');
  await ready();
}

async function run(model: GraphModel, pixels: Int32Array, size: ImageSize): Promise<BrowserAnswer> {
  const input = tensor4d(pixels, [1, size.height, size.width, size.channels], 'int32');
  const begin = performance.now();
  const outputs = model.predict({ images: input }) as Readonly<Record<string, Tensor>>;
  try {
    const probabilities = [...((await outputs['probabilities']?.data()) ?? [])];
    return { probabilities, backend: getBackend(), ms: performance.now() - begin };
  } finally {
    input.dispose();
    for (const output of Object.values(outputs)) output.dispose();
  }
}

function artifactsOf(files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>): io.ModelArtifacts {
  const [json, weights] = [files.get('model.json'), files.get(WEIGHTS)];
  if (json === undefined || weights === undefined) throw new Error('The export has no model.json.');
  const { modelTopology, format, generatedBy, signature, userDefinedMetadata, weightsManifest } = JSON.parse(
    new TextDecoder().decode(json),
  ) as io.ModelJSON;
  return {
    modelTopology,
    ...(format !== undefined && { format }),
    ...(generatedBy !== undefined && { generatedBy }),
    ...(signature !== undefined && { signature }),
    ...(userDefinedMetadata !== undefined && { userDefinedMetadata }),
    weightSpecs: weightsManifest.flatMap(({ weights: specs }) => specs),
    weightData: weights.slice().buffer,
  };
}

const BLOCK = 512;

/** Returns the files of a tar archive by their paths. */
export function untar(archive: Uint8Array<ArrayBuffer>): Map<string, Uint8Array<ArrayBuffer>> {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  const text = (start: number, length: number): string =>
    new TextDecoder().decode(archive.subarray(start, start + length)).replace(/\0.*$/s, '');
  for (let at = 0; at + BLOCK <= archive.length && archive[at] !== 0; ) {
    const size = Number.parseInt(text(at + 124, 12).trim(), 8);
    files.set(text(at, 100), archive.subarray(at + BLOCK, at + BLOCK + size));
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}
