/** Predictions of many images by a model, a few at a time. */
import { useEffect, useState } from 'preact/hooks';
import { type ActivationMap, isTrainyardError, type Prediction, type PredictResponse } from 'trainyard';
import { client, comebacks, loadFaultOf, sentenceOf } from '../../data/service.js';
import type { ModelInfo } from './model-info.js';
import type { TryImage } from './try-images.js';

export type Outcome = Readonly<
  | { state: 'waiting' }
  /** `isEarly`: the job has no checkpoint yet, and another try may find one. */
  | { state: 'failed'; sentence: string; isEarly: boolean }
  | { state: 'done'; classes: readonly Prediction[]; source: PredictResponse['model'] }
>;

/** Requests at a time: a browser opens six connections. */
const AT_ONCE = 3;
/** Pause before another try while a job has no checkpoint yet. */
const EARLY_MS = 2_000;
/** Classes to get for each image. */
export const TOP = 10;

const WAITING: Outcome = { state: 'waiting' };

export type RequestedModel = Readonly<{ model: string; flip: boolean; round: number }>;

/** One model of the panel, and its outcome for each image. */
export type ModelAnswers = Readonly<{
  model: string;
  requested: RequestedModel;
  info: ModelInfo | undefined;
  /** Why the model cannot be found. */
  fault: string | undefined;
  outcomeOf: (image: TryImage) => Outcome;
}>;

/** Predicts the images that have no outcome yet. An outcome belongs to model, flip and round. */
export function usePredictions(
  images: readonly TryImage[],
  { model, flip, round }: RequestedModel,
): (image: TryImage) => Outcome {
  const scope = `${model}\n${flip}\n${round}`;
  const [outcomes, setOutcomes] = useState<ReadonlyMap<string, Outcome>>(new Map());
  const keyOf = ({ id }: TryImage): string => `${scope}\n${id}`;
  useEffect(() => {
    if (model === '') return;
    const abort = new AbortController();
    const open = images.filter((image) => !outcomes.has(keyOf(image)));
    const note = (image: TryImage, outcome: Outcome): void => {
      if (!abort.signal.aborted) setOutcomes((known) => new Map(known).set(keyOf(image), outcome));
    };
    const work = async (): Promise<void> => {
      for (let image = open.shift(); image !== undefined && !abort.signal.aborted; image = open.shift()) {
        const outcome = await predict(image, model, flip, abort.signal);
        note(image, outcome);
        if (outcome.state !== 'failed' || !outcome.isEarly) continue;
        open.push(image);
        await new Promise((resolve) => setTimeout(resolve, EARLY_MS));
      }
    };
    for (let i = 0; i < AT_ONCE; i += 1) void work();
    return () => abort.abort();
  }, [images, scope]);
  return (image) => outcomes.get(keyOf(image)) ?? WAITING;
}

async function predict(image: TryImage, model: string, flip: boolean, signal: AbortSignal): Promise<Outcome> {
  try {
    const query = { model, topK: TOP, ...optionsOf(image, flip) };
    const answer = await client.models.predict(image.file, { ...query, signal });
    return { state: 'done', classes: answer.predictions[0] ?? [], source: answer.model };
  } catch (error) {
    const isEarly = isTrainyardError(error) && error.code === 'checkpoint_not_found';
    return { state: 'failed', sentence: faultOf(error, image.name), isEarly };
  }
}

const optionsOf = ({ isCropped }: TryImage, flip: boolean) => ({
  ...{ ...(flip && { flip }), ...(isCropped && { cropped: true }) },
});

/** Says why an image has no prediction. Names a file that is no picture. */
function faultOf(error: unknown, name: string): string {
  const sentence = sentenceOf(error);
  return sentence.replace(/^(The|An) image is not an image file:/, `"${name}" is not a picture:`);
}

export type Explained = Readonly<{ map?: ActivationMap; fault?: string }>;

/** Asks where the network looks for a class; without a class, for the most probable one. Undefined while it is under way. */
export function useExplanation(
  image: TryImage | undefined,
  { model, flip, round }: RequestedModel,
  label: string,
  isWanted: boolean,
): Explained | undefined {
  const [found, setFound] = useState<Explained & { key: string }>();
  const key = `${model}\n${flip}\n${round}\n${label}\n${image?.id}`;
  useEffect(() => {
    if (!isWanted || image === undefined || model === '') return;
    const abort = new AbortController();
    const wanted = { explain: true, ...(label !== '' && { explainClass: label }) };
    const query = { model, topK: 1, ...optionsOf(image, flip), ...wanted };
    client.models.predict(image.file, { ...query, signal: abort.signal }).then(
      ({ maps }) => setFound({ key, ...(maps?.[0] && { map: maps[0] }) }),
      (error: unknown) => {
        if (!abort.signal.aborted) setFound({ key, fault: loadFaultOf(error) });
      },
    );
    return () => abort.abort();
  }, [key, isWanted, comebacks.value]);
  return found?.key === key ? found : undefined;
}

/** Names the model that answered. */
export const nameOfSource = (source: PredictResponse['model']): string =>
  'version' in source ? `${source.name}@${source.version}` : `epoch ${source.epoch}, step ${source.steps}`;
