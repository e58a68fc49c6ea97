/** Lists of stored models: names with their versions, in pages. */
import { coalesce } from '../concurrency/coalesce.js';
import type { ModelSummary } from '../contracts/models/model.js';
import { mapInChunks } from '../files/bounded-reads.js';
import { isModelName, modelNamesIn, noModel, versionsOf } from './folders.js';
import type { ModelLabels } from './model-labels.js';
import type { ModelReader, StoredModel } from './model-reader.js';

/** A page of names, or of the versions of a name. `cursor` is the `nextCursor` of the page before. */
export type Page = Readonly<{ limit: number; cursor?: string | undefined }>;

/** A name with its versions. `models` are the models of `versions`, in ascending order. */
export type StoredSummary = Omit<ModelSummary, 'loaded'> & Readonly<{ models: readonly StoredModel[] }>;

/** Summaries in the order of their names. The last page has no `nextCursor`. */
export type SummaryPage = Readonly<{ models: readonly StoredSummary[]; nextCursor?: string }>;

/** Versions of each name in a list of names. */
const LISTED_VERSIONS = 100;
/** Names read at once, each with its versions and labels. */
const NAMES_AT_ONCE = 8;
/** Names read for one page. Deleted models leave their folders, which yield no entry. */
const MAX_NAMES = 1_000;

type ListDeps = Readonly<{ reader: ModelReader; labels: Pick<ModelLabels, 'list'> }>;

/** Lists the models in `root`. Corrupt models are left out. */
export function createModelLists(root: string, deps: ListDeps) {
  const { reader } = deps;
  const describeName = (name: string, page: Page) => describe(root, deps, name, page);
  /** Returns the readable versions of a name, in ascending order. */
  const versionsOfName = coalesce(async (name: string) => reader.loadAll(name, await versionsOf(root, name), 'cache'));

  const describeShared = coalesce(
    ({ name, page }: Readonly<{ name: string; page: Page }>) => describeName(name, page),
    JSON.stringify,
  );

  /** Returns a page of the names with a readable version. Reads no more names than the page needs. */
  async function describeNames({ limit, cursor = '' }: Page): Promise<SummaryPage> {
    const names = (await modelNamesIn(root)).filter((name) => name > cursor);
    const models: StoredSummary[] = [];
    let read = 0;
    while (models.length < limit && read < Math.min(names.length, MAX_NAMES)) {
      const chunk = names.slice(read, read + limit - models.length);
      const found = await mapInChunks(chunk, (name) => describeName(name, { limit: LISTED_VERSIONS }), NAMES_AT_ONCE);
      models.push(...found.filter((summary) => summary !== undefined));
      read += chunk.length;
    }
    const last = names[read - 1];
    return { models, ...(read < names.length && last !== undefined && { nextCursor: last }) };
  }

  async function loadEverything(): Promise<StoredModel[]> {
    return (await mapInChunks(await modelNamesIn(root), versionsOfName, NAMES_AT_ONCE)).flat();
  }

  return {
    /** Returns every name with all its versions, in the order of the names. */
    async list(): Promise<StoredSummary[]> {
      const all = { limit: Number.MAX_SAFE_INTEGER };
      const summaries = await mapInChunks(await modelNamesIn(root), (name) => describeName(name, all), NAMES_AT_ONCE);
      return summaries.filter((summary) => summary !== undefined);
    },

    /** Returns a page of the names, each with its newest 100 versions. A page with a `nextCursor` may be shorter than `limit`. */
    page: coalesce(describeNames, JSON.stringify),

    /** Returns a name with a page of its versions. Throws `model_not_found`. */
    async describe(name: string, page: Page = { limit: LISTED_VERSIONS }): Promise<StoredSummary> {
      const summary = isModelName(name) ? await describeShared({ name, page }) : undefined;
      if (summary === undefined) throw noModel(name);
      return summary;
    },

    /** Returns all readable versions of a name, in ascending order. Throws `model_not_found` if there is none. */
    async versions(name: string): Promise<StoredModel[]> {
      const models = isModelName(name) ? await versionsOfName(name) : [];
      if (models.length === 0) throw noModel(name);
      return models;
    },

    /** Returns every readable version of every name, in the order of the names. */
    models: coalesce<void, StoredModel[]>(loadEverything),

    /** Returns the names that have a readable version, in order. */
    names: coalesce<void, string[]>(() => readableNames(root, reader)),
  };
}

/** Returns a name with a page of its versions, the newest first. Undefined if the name has no readable version. */
async function describe(
  root: string,
  { reader, labels }: ListDeps,
  name: string,
  { limit, cursor }: Page,
): Promise<StoredSummary | undefined> {
  const all = await versionsOf(root, name);
  const newest = await reader.newestOf(name, all, 'file');
  if (newest === undefined) return undefined;
  const older = cursor === undefined ? all : all.filter((version) => version < Number(cursor));
  const page = older.slice(-limit);
  const models = await reader.loadAll(name, page, 'cache');
  const { manifest: latest } = (cursor === undefined ? models.at(-1) : undefined) ?? newest;
  const versions = models.map(({ manifest }) => manifest.version);
  const next = older.length > page.length ? { nextCursor: String(page[0]) } : {};
  return { name, versions, labels: await labels.list(name), latest, models, ...next };
}

async function readableNames(root: string, reader: ModelReader): Promise<string[]> {
  const newest = async (name: string) => reader.newestOf(name, await versionsOf(root, name), 'cache');
  const models = await mapInChunks(await modelNamesIn(root), newest, NAMES_AT_ONCE);
  return models.flatMap((model) => model?.manifest.name ?? []);
}
