/**
 * Tries one model, or two side by side, on pictures: files, paste, camera, and test images. Shows the most probable classes and where
 * the network looks. `model` is any reference, also of a checkpoint of a running job: `job:<id>@best`.
 */
import './try-panel.css';
import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { useResource } from '../../data/resource.js';
import { loadFaultOf } from '../../data/service.js';
import { queryFlag, queryList, queryText } from '../../router/router.js';
import { Button } from '../button.js';
import { Card } from '../card.js';
import { CheckField } from '../field.js';
import { type DroppedFile, FileDrop } from '../file-drop.js';
import { shortReference } from '../format.js';
import { EmptyState, Notice, Skeleton } from '../states.js';
import { toast } from '../toast.js';
import { Answer } from './answer.js';
import { Camera } from './camera.js';
import { modelInfo } from './model-info.js';
import { type ModelAnswers, usePredictions } from './predictions.js';
import { Results } from './results.js';
import { loadSamples, Samples } from './samples.js';
import { SecondModel, secondModel } from './second-model.js';
import { MAX_TRY_IMAGES, makeTryImage, releaseImages, type TryImage } from './try-images.js';

const flip = queryFlag('flip');
const isCalibrated = queryFlag('calibrated');
const label = queryText('class');
const isExplained = queryFlag('look', true);
/** Test images of the panel, `boots/17`, and the one that is shown large. */
const samples = queryList('samples');
const shown = queryText('sample');

type Props = Readonly<{
  model: string;
  /** Choice of the model, beside that of the second one. Default: the model is given. */
  choice?: ComponentChildren;
}>;

export function TryPanel({ model, choice }: Props) {
  const { images, chosen, isLoading, add, choose, clear } = useTryImages();
  const [round, setRound] = useState(0);
  const models = [model, secondModel.value].filter((each) => each !== '');
  const answers = useAnswers(images, models, round);
  return (
    <div class="stack">
      <div class="try-models">
        {choice}
        <SecondModel />
      </div>
      <Sources dataset={answers[0]?.info?.dataset} models={models} onImages={add} />
      {answers.map(({ model: each, fault }) =>
        fault === undefined ? null : <Notice key={each} tone="bad">{`${shortReference(each)}: ${fault}`}</Notice>,
      )}
      {isLoading && chosen === undefined ? (
        <Skeleton lines={4} height={48} />
      ) : chosen === undefined ? (
        <EmptyState title="No picture yet" icon="image">
          Choose a picture or a test image. It is sent to this service and nowhere else.
        </EmptyState>
      ) : (
        <>
          <Card
            title={chosen.name}
            actions={
              <Button kind="quiet" small icon="refresh" label="Predict again" onClick={() => setRound(round + 1)} />
            }
          >
            <Options answers={answers} image={chosen} />
            <Answers answers={answers} image={chosen} />
          </Card>
          <Results images={images} answers={answers} chosen={chosen.id} onChoose={choose} onClear={clear} />
        </>
      )}
    </div>
  );
}

const sayFull = (): void => toast(`At most ${MAX_TRY_IMAGES} pictures at a time. Clear the list to try others.`);

/** The pictures of the panel, and the one that is shown large. The address keeps those that are test images. */
function useTryImages() {
  const [images, setImages] = useState<readonly TryImage[]>([]);
  const [chosenId, setChosen] = useState<string | undefined>(undefined);
  const [isLoading, setLoading] = useState(samples.peek().length > 0);
  const latest = useRef(images);
  latest.current = images;
  const show = (next: readonly TryImage[]): void => {
    setImages(next);
    samples.value = next.flatMap(({ sample }) => sample ?? []);
  };
  const choose = (image: TryImage | undefined): void => {
    setChosen(image?.id);
    shown.value = image?.sample ?? '';
  };
  const add = (more: readonly TryImage[]): readonly TryImage[] => {
    const room = Math.max(0, MAX_TRY_IMAGES - latest.current.length);
    if (more.length > room) sayFull();
    releaseImages(more.slice(room));
    const taken = more.slice(0, room);
    show([...latest.current, ...taken]);
    return taken;
  };
  useEffect(() => {
    const abort = new AbortController();
    const wanted = samples.peek();
    if (wanted.length > MAX_TRY_IMAGES) sayFull();
    void loadSamples(wanted.slice(0, MAX_TRY_IMAGES), add, abort.signal).finally(() => setLoading(false));
    return () => {
      abort.abort();
      releaseImages(latest.current);
    };
  }, []);
  return {
    images,
    /** Whether the test images of the address are on their way. */
    isLoading,
    chosen:
      images.find(({ id, sample }) => id === chosenId || (chosenId === undefined && sample === shown.value)) ??
      images[0],
    choose: (id: string): void => choose(images.find((image) => image.id === id)),
    add(more: readonly TryImage[]): void {
      const [first] = add(more);
      if (first) choose(first);
    },
    clear(): void {
      releaseImages(latest.current);
      show([]);
      choose(undefined);
    },
  };
}

type SourcesProps = Readonly<{
  dataset: string | undefined;
  models: readonly string[];
  onImages: (images: readonly TryImage[]) => void;
}>;

function Sources({ dataset, models, onImages }: SourcesProps) {
  const [isCameraOpen, openCamera] = useState(false);
  const taken = useRef(0);
  const take = (file: Blob): void => {
    taken.current += 1;
    onImages([makeTryImage(file, `camera ${taken.current}.png`)]);
  };
  return (
    <div class="try-sources">
      <FileDrop
        label="Drop pictures, click to choose, or paste one"
        accept="image/*,.tif,.tiff,.bmp"
        paste
        onFiles={(files) => onImages(files.map(fromFile))}
      >
        <Button small icon="camera" onClick={() => openCamera(true)}>
          Camera
        </Button>
      </FileDrop>
      <Samples dataset={dataset} onImages={onImages} />
      {isCameraOpen && <Camera models={models} flip={flip.value} onPicture={take} onClose={() => openCamera(false)} />}
    </div>
  );
}

function Answers({ answers, image }: { answers: readonly ModelAnswers[]; image: TryImage }) {
  return (
    <div class="try-answers">
      {answers.map((answer) => (
        <Answer
          key={`${answer.model} ${image.id}`}
          image={image}
          requested={answer.requested}
          outcome={answer.outcomeOf(image)}
          info={answer.info}
          label={label}
          isCalibrated={isCalibrated.value}
          isExplained={isExplained.value}
        />
      ))}
    </div>
  );
}

const fromFile = ({ file, path }: DroppedFile): TryImage => makeTryImage(file, path);

/** Predictions and descriptions of one or two models. Hooks need a fixed number, so the second may be empty. */
function useAnswers(images: readonly TryImage[], models: readonly string[], round: number): readonly ModelAnswers[] {
  const both = [useAnswer(images, models[0] ?? '', round), useAnswer(images, models[1] ?? '', round)];
  return both.filter(({ model }) => model !== '');
}

function useAnswer(images: readonly TryImage[], model: string, round: number): ModelAnswers {
  const requested = useMemo(() => ({ model, flip: flip.value, round }), [model, flip.value, round]);
  const outcomeOf = usePredictions(images, requested);
  const info = useResource(async (signal) => (model === '' ? undefined : modelInfo(model, signal)), [model, round]);
  const error = info.error.value;
  return {
    model,
    requested,
    info: info.data.value,
    fault: error === undefined ? undefined : loadFaultOf(error),
    outcomeOf,
  };
}

function Options({ answers, image }: { answers: readonly ModelAnswers[]; image: TryImage }) {
  const hasTemperature = answers.some(({ outcomeOf }) => {
    const outcome = outcomeOf(image);
    return outcome.state === 'done' && outcome.classes[0]?.calibrated !== undefined;
  });
  return (
    <div class="try-options">
      <CheckField
        label="Show where the network looks"
        value={isExplained.value}
        onInput={(value) => (isExplained.value = value)}
      />
      {hasTemperature && (
        <CheckField
          label="Calibrated probabilities"
          value={isCalibrated.value}
          onInput={(value) => (isCalibrated.value = value)}
        />
      )}
      <CheckField label="Average with the mirror image" value={flip.value} onInput={(value) => (flip.value = value)} />
    </div>
  );
}
