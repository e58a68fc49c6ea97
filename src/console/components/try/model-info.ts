/** Facts about the model of a reference: its data set, its classes and the size of its images. */
import type { ModelVersion } from 'trainyard';
import { client } from '../../data/service.js';

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

const UNKNOWN = { classes: undefined, source: undefined, image: undefined } as const;

/** Describes a reference: `name`, `name@3`, `name@label`, `job:<id>@best`. */
export async function modelInfo(reference: string, signal: AbortSignal): Promise<ModelInfo> {
  const job = /^job:([^@]+)@/.exec(reference)?.[1];
  if (job !== undefined) {
    const { spec, model } = await client.jobs.get(job, { signal });
    if (model !== undefined) return versionInfo(model.name, model.version, signal);
    return { ...UNKNOWN, dataset: spec.dataset.name };
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
