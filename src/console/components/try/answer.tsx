/** Answer of one model for one picture: bars of the most probable classes, and where the network looks for a class. */
import { useMemo, useRef, useState } from 'preact/hooks';
import type { Prediction } from 'trainyard';
import { useDelayed } from '../../router/delayed.js';
import { type QuerySignal, queryNumber } from '../../router/router.js';
import { BarList } from '../bar-list.js';
import { Button } from '../button.js';
import { Field } from '../field.js';
import { measured, percent, shortReference } from '../format.js';
import { saveFile } from '../save-file.js';
import { ErrorState, Notice, Skeleton } from '../states.js';
import { Pill } from '../status.js';
import { BrowserRun } from './browser-run.js';
import type { ModelInfo } from './model-info.js';
import { Picture, sizeFor } from './picture.js';
import { type Explained, nameOfSource, type Outcome, type RequestedModel, useExplanation } from './predictions.js';
import type { TryImage } from './try-images.js';

type Props = Readonly<{
  image: TryImage;
  requested: RequestedModel;
  outcome: Outcome;
  info: ModelInfo | undefined;
  /** Class whose map is shown; '' for the most probable one. */
  label: QuerySignal<string>;
  isCalibrated: boolean;
  isExplained: boolean;
}>;

/** Opacity of the map, 0 to 1. */
const shownOpacity = queryNumber('opacity', 0.6);
/** Bars before "more". */
const BARS = 5;

export function Answer(props: Props) {
  const { image, requested, outcome, info, label, isCalibrated, isExplained } = props;
  const opacity = useDelayed(shownOpacity.value, (value) => {
    shownOpacity.value = value;
  });
  const canvas = useRef<HTMLCanvasElement>(null);
  const size = useMemo(() => info?.image && sizeFor(info.image, image), [info, image]);
  const isKnown = info?.classes === undefined || info.classes.includes(label.value);
  const wanted = isKnown ? label.value : '';
  const explained = useExplanation(image, requested, wanted, isExplained && outcome.state === 'done');
  return (
    <section class="try-answer" aria-label={`Answer of ${shortReference(requested.model)}`}>
      <div class="try-look">
        <Picture
          url={image.url}
          alt={isExplained ? `${image.name}, with where ${shortReference(requested.model)} looks` : image.name}
          size={size}
          map={isExplained ? explained?.map : undefined}
          opacity={opacity.value}
          canvas={canvas}
        />
        {isExplained && outcome.state === 'done' && (
          <Look
            explained={explained}
            classes={info?.classes ?? outcome.classes.map((each) => each.label)}
            label={label}
            opacity={opacity.value}
            onOpacity={(value) => (opacity.value = value)}
            onSave={(shown) => saveDrawing(canvas.current, `${image.name}, ${shown}`)}
          />
        )}
      </div>
      <div class="stack-s try-classes">
        <h3 class="wrap-anywhere">
          {outcome.state === 'done' ? nameOfSource(outcome.source) : shortReference(requested.model)}
        </h3>
        <Classes outcome={outcome} isCalibrated={isCalibrated} actual={image.actual} />
        {info?.source !== undefined && outcome.state === 'done' && (
          <BrowserRun info={{ ...info, source: info.source }} image={image} />
        )}
      </div>
    </section>
  );
}

function Classes({
  outcome,
  isCalibrated,
  actual,
}: {
  outcome: Outcome;
  isCalibrated: boolean;
  actual: string | undefined;
}) {
  const [isLong, setLong] = useState(false);
  if (outcome.state === 'waiting') return <Skeleton lines={4} />;
  if (outcome.state === 'failed') return <ErrorState title="No answer" error={new Error(outcome.sentence)} />;
  const { classes } = outcome;
  const shownValue = (each: Prediction): number =>
    isCalibrated ? (each.calibrated ?? each.probability) : each.probability;
  const isRight = classes[0]?.label === actual;
  return (
    <>
      {actual !== undefined && (
        <p class="row">
          <Pill tone={isRight ? 'good' : 'bad'} icon={isRight ? 'check' : 'cross'}>
            {isRight ? 'right' : 'wrong'}
          </Pill>
          <span class="wrap-anywhere">{`True class: ${actual}`}</span>
        </p>
      )}
      <BarList
        label="Most probable classes"
        bars={classes.slice(0, isLong ? classes.length : BARS).map((each, index) => ({
          id: String(each.index),
          name: each.label,
          share: shownValue(each),
          text: percent(shownValue(each)),
          isMarked: index === 0,
        }))}
      />
      {classes.length > BARS && (
        <div>
          <button type="button" class="try-more" onClick={() => setLong(!isLong)}>
            {isLong ? 'Fewer classes' : `The first ${classes.length} classes`}
          </button>
        </div>
      )}
    </>
  );
}

type LookProps = Readonly<{
  explained: Explained | undefined;
  classes: readonly string[];
  label: QuerySignal<string>;
  opacity: number;
  onOpacity: (value: number) => void;
  /** Saves the picture with the map of a class. */
  onSave: (label: string) => void;
}>;

function Look({ explained, classes, label, opacity, onOpacity, onSave }: LookProps) {
  const map = explained?.map;
  if (explained?.fault !== undefined) return <Notice tone="warn">{explained.fault}</Notice>;
  return (
    <div class="stack-s">
      <p class="small muted try-legend" aria-live="polite">
        {map === undefined ? (
          'Asking where the network looks…'
        ) : (
          <>
            <span class="try-for" /> speaks for <bdi>{map.label}</bdi> <span class="try-against" /> against
          </>
        )}
      </p>
      {map !== undefined && (
        <details class="small muted">
          <summary>Details</summary>
          {`Score of the class before it becomes a probability (logit): ${measured(map.logit)}. The map has ${map.width} × ${map.height} positions.`}
        </details>
      )}
      <Field label="Class">
        {(ids) => (
          <select
            {...ids}
            class="input"
            value={classes.includes(label.value) ? label.value : ''}
            onChange={(event) => {
              label.value = event.currentTarget.value;
            }}
          >
            <option value="">Most probable</option>
            {classes.map((each) => (
              <option key={each} value={each}>
                {each}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field label="Opacity of the map">
        {(ids) => (
          <input
            {...ids}
            type="range"
            min={0}
            max={1}
            step={0.05}
            value={opacity}
            onInput={(event) => onOpacity(event.currentTarget.valueAsNumber)}
          />
        )}
      </Field>
      {map !== undefined && (
        <div>
          <Button small icon="download" onClick={() => onSave(map.label)}>
            Download as PNG
          </Button>
        </div>
      )}
    </div>
  );
}

/** Saves what a canvas shows as a PNG. Names of files have no slashes and no control characters. */
function saveDrawing(canvas: HTMLCanvasElement | null, name: string): void {
  const safe = name.replace(/[\p{Cc}/\\:*?"<>|]+/gu, '-').slice(0, 120);
  canvas?.toBlob((file) => file && saveFile(file, `${safe}.png`), 'image/png');
}
