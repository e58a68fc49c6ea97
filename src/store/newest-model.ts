/** The model that was created last, of all names. */
import type { ModelReference } from '../contracts/references/model-reference.js';
import { TrainyardError } from '../errors/errors.js';
import { mapInChunks } from '../files/bounded-reads.js';
import { modelNamesIn, versionsOf } from './folders.js';
import type { ModelReader, StoredModel } from './model-reader.js';

/** A version with its time of creation, in ms since 1970. */
type DatedVersion = ModelReference & Readonly<{ createdAt: number }>;

/** Returns a function that finds the newest model. It reads the manifests of new versions and of the newest model only. */
export function createNewestModel(root: string, { tryLoad }: ModelReader): () => Promise<StoredModel> {
  let known = new Map<string, DatedVersion>();

  async function dated(reference: ModelReference): Promise<DatedVersion | undefined> {
    const model = await tryLoad(reference, 'cache');
    return model && { ...reference, createdAt: Date.parse(model.manifest.createdAt) };
  }

  /** Returns all readable versions with their times. */
  async function allDated(): Promise<DatedVersion[]> {
    const versions: DatedVersion[] = [];
    const unknown: ModelReference[] = [];
    for (const reference of await allVersions(root)) {
      const version = known.get(keyOf(reference));
      if (version === undefined) unknown.push(reference);
      else versions.push(version);
    }
    const read = (await mapInChunks(unknown, dated)).filter((version) => version !== undefined);
    return [...versions, ...read];
  }

  return async () => {
    const versions = await allDated();
    known = new Map(versions.map((version) => [keyOf(version), version]));
    versions.sort((a, b) => b.createdAt - a.createdAt || b.version - a.version);
    for (const version of versions) {
      const model = await tryLoad(version, 'file');
      if (model !== undefined) return model;
    }
    throw new TrainyardError(
      'model_not_found',
      'There is no model yet. Train one with POST /jobs, and send this request again when the job has succeeded.',
    );
  };
}

const keyOf = ({ name, version }: ModelReference): string => `${name}@${version}`;

async function allVersions(root: string): Promise<ModelReference[]> {
  const ofName = async (name: string) => (await versionsOf(root, name)).map((version) => ({ name, version }));
  return (await mapInChunks(await modelNamesIn(root), ofName)).flat();
}
