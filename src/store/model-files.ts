/** Files of a model's folder besides its manifest: written durably, and described by their SHA-256. */
import { mkdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ModelManifest, PredictableManifest } from '../contracts/models/model.js';
import type { StoredFile } from '../contracts/models/stored-model.js';
import { TrainyardError } from '../errors/errors.js';
import { beginWriting, syncFolder } from '../files/durable.js';
import { sha256 } from '../files/sha256.js';

/** Path of each file in the model's folder. TensorFlow loads the folder `saved_model`. */
export const FILES = {
  weights: 'weights.safetensors',
  savedModel: 'saved_model/saved_model.pb',
  onnx: 'model.onnx',
  evaluation: 'evaluation.json',
  golden: 'golden.safetensors',
  confused: 'confused.safetensors',
  predictions: 'predictions.safetensors',
  course: 'history.json',
} as const;
export type FileName = keyof typeof FILES;
type RequiredFile = 'weights' | 'savedModel';

type Content = Uint8Array | (() => Uint8Array);

/** Content of each file, or a function that returns it. Models of earlier versions lack the optional files. */
export type ModelFiles = Readonly<
  Record<RequiredFile, Content> & Partial<Record<Exclude<FileName, RequiredFile>, Content>>
>;

/**
 * Writes the files into an existing folder and waits until they are on the disk. Writes one file while it creates the content of the
 * next. Returns the manifest's entries of the files.
 */
export async function writeFiles(folder: string, files: ModelFiles): Promise<ModelManifest['files']> {
  const entries = Object.entries(files).map(([name, content]) => ({ name, path: FILES[name as FileName], content }));
  const subfolders = new Set(entries.map(({ path }) => dirname(join(folder, path))));
  for (const subfolder of subfolders) await mkdir(subfolder, { recursive: true });
  const digests: Promise<string>[] = [];
  try {
    for (const { path, content } of entries) {
      const bytes = typeof content === 'function' ? content() : content;
      digests.push((await beginWriting(join(folder, path), bytes)).digest);
    }
  } finally {
    await Promise.allSettled(digests); // after an error the caller removes the folder, which must not happen during a write
  }
  const described = await Promise.all(
    entries.map(async ({ name, path }, i) => [name, { path, sha256: await digests[i] }] as const),
  );
  for (const subfolder of subfolders) await syncFolder(subfolder);
  return Object.fromEntries(described) as ModelManifest['files'];
}

/** Returns the files with their sizes in bytes. Throws `model_corrupt` if one is missing. */
export function measureFiles(folder: string, files: ModelManifest['files']): Promise<StoredFile[]> {
  const measure = async (file: Readonly<{ path: string; sha256: string }>): Promise<StoredFile> => {
    const path = join(folder, file.path);
    const { size } = await stat(path).catch((cause: unknown) => {
      throw corrupt(path, 'it is missing', cause);
    });
    return { ...file, bytes: size };
  };
  return Promise.all(Object.values(files).map(measure));
}

/** Returns the content of a file; undefined if the model has no such file. Throws `model_corrupt` if its SHA-256 differs. */
export async function readModelFile(
  { folder, manifest }: Readonly<{ folder: string; manifest: Pick<PredictableManifest, 'files'> }>,
  name: FileName,
): Promise<Buffer | undefined> {
  const file = manifest.files[name];
  if (file === undefined) return undefined;
  const path = join(folder, file.path);
  const content = await readFile(path).catch((cause: unknown) => {
    throw corrupt(path, 'it cannot be read', cause);
  });
  const found = sha256(content);
  if (found !== file.sha256) throw corrupt(path, `its SHA-256 is ${found}, and the manifest says ${file.sha256}`);
  return content;
}

const corrupt = (path: string, fault: string, cause?: unknown): TrainyardError =>
  new TrainyardError(
    'model_corrupt',
    `The file ${path} cannot be used: ${fault}. Train the model again, or restore the file.`,
    {
      cause,
    },
  );
