/** Facts about the model of a reference: its data set, its classes and the size of its images. */
import type { ModelVersion } from 'trainyard';
import { client, isGone } from '../../data/service.js';

export type ModelInfo = Readonly<{
  /** Data set with test images; undefined for imported weights. */
  dataset: string | undefined;
  /** Known for stored models. */
  classes: readonly string[] | undefined;
  source: Readonly<{ name: string; version: number }> | undefined;
  image: ImageSize | undefined;
}>;

/** Size of a model's images, and how pictures of another shape get there. */
export type ImageSize = Readonly<
  Pick<ModelVersion['manifest']['preprocessing'], 'width' | 'height' | 'channels' | 'fit' | 'cropShare'> & {
    background: readonly number[];
  }
>;

/** Share of the shorter side that `resize-crop` keeps if the import names none. */
const DEFAULT_CROP_SHARE = 0.875;

const UNKNOWN = { classes: undefined, source: undefined, image: undefined } as const;

/** Describes a reference: `name`, `name@3`, `name@label`, `job:<id>@best`. */
export async function modelInfo(reference: string, signal: AbortSignal): Promise<ModelInfo> {
  const job = /^job:([^@]+)@/.exec(reference)?.[1];
  if (job !== undefined) {
    const { spec, model } = await client.jobs.get(job, { signal });
    if (model !== undefined) return versionInfo(model.name, model.version, signal);
    return jobInfo(spec.dataset.name, signal);
  }
  const [name = '', place = 'latest'] = reference.split('@');
  if (/^\d+$/.test(place)) return versionInfo(name, Number(place), signal);
  if (place !== 'latest') {
    const { version } = await client.models.label(name, place, { limit: 1, signal });
    if (version !== null) return versionInfo(name, version, signal);
  }
  const { latest } = await client.models.get(name, { limit: 1, signal });
  return versionInfo(name, latest.version, signal);
}

/** Describes the model of a running job: it sees pictures as its data set does. */
async function jobInfo(dataset: string, signal: AbortSignal): Promise<ModelInfo> {
  const info = await client.datasets.get(dataset, { signal }).catch((error: unknown) => {
    if (isGone(error)) return undefined;
    throw error;
  });
  if (info === undefined) return { ...UNKNOWN, dataset };
  const { width, height, channels, imported = {} as Partial<NonNullable<typeof info.imported>> } = info;
  const { fit = 'contain', background = '#000000' } = imported;
  const cropShare = fit === 'resize-crop' ? (imported.cropShare ?? DEFAULT_CROP_SHARE) : 1;
  const fill = [1, 3, 5].map((at) => Number.parseInt(background.slice(at, at + 2), 16));
  return {
    ...UNKNOWN,
    dataset,
    image: { width, height, channels: channels === 1 ? 1 : 3, fit, cropShare, background: fill },
  };
}

async function versionInfo(name: string, version: number, signal: AbortSignal): Promise<ModelInfo> {
  const { manifest } = await client.models.version(name, version, { signal });
  const { spec, classes, preprocessing } = manifest;
  const { width, height, channels, fit, cropShare, background } = preprocessing;
  const fill = typeof background === 'number' ? [background, background, background] : background;
  return {
    dataset: spec.dataset.name === 'unknown' ? undefined : spec.dataset.name,
    classes,
    source: { name, version },
    image: { width, height, channels, fit, cropShare, background: fill },
  };
}
