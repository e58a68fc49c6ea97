/** Continuous predictions of a camera: each begins after the answer to the one before. */
import type { RefObject } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { PredictResponse } from 'trainyard';
import { client, sentenceOf } from '../../data/service.js';
import { BarList } from '../bar-list.js';
import { CheckField } from '../field.js';
import { percent } from '../format.js';
import { Notice } from '../states.js';
import { frameOf } from './camera-frame.js';
import { nameOfSource } from './predictions.js';

/** Longest side of the frames, in pixels. Larger ones take longer to send than to predict. */
const SIDE = 512;
const BARS = 3;
/** Rounds over which the rate is measured. */
const MEASURED = 10;

type Round = Readonly<{ answers: readonly PredictResponse[]; framesPerSecond: number | undefined }>;

type Props = Readonly<{
  video: RefObject<HTMLVideoElement | null>;
  /** References of one or two models. */
  models: readonly string[];
  flip: boolean;
}>;

export function LivePredictions(props: Props) {
  const [isOn, setOn] = useState(false);
  const { round, fault } = useRounds(props, isOn, () => setOn(false));
  return (
    <div class="stack-s">
      <CheckField
        label="Predict continuously"
        description="Sends one frame at a time, and stops when this page is hidden."
        value={isOn}
        onInput={setOn}
      />
      {fault !== undefined && <Notice tone="bad">{fault}</Notice>}
      {round !== undefined && (
        <>
          <p class="muted small" data-frames-per-second={round.framesPerSecond}>
            {isOn ? rateText(round.framesPerSecond) : 'Stopped. The answers are those of the last frame.'}
          </p>
          <div class="try-live">
            {round.answers.map((answer, index) => (
              <section key={props.models[index]} aria-label={`Live answer of ${props.models[index]}`}>
                <h3 class="wrap-anywhere">{nameOfSource(answer.model)}</h3>
                <Bars answer={answer} />
              </section>
            ))}
          </div>
        </>
      )}
    </div>
  );
}

const rateText = (rate: number | undefined): string =>
  rate === undefined ? 'Measuring the rate…' : `${rate.toFixed(1)} frames a second`;

function Bars({ answer: { predictions } }: { answer: PredictResponse }) {
  const bars = (predictions[0] ?? []).map(({ index, label, probability }, place) => ({
    ...{ id: String(index), name: label, share: probability, text: percent(probability), isMarked: place === 0 },
  }));
  return <BarList label="Most probable classes" bars={bars} />;
}

/** Predicts frames while it is on. An error and a hidden page end it. */
function useRounds({ video, models, flip }: Props, isOn: boolean, stop: () => void) {
  const [state, setState] = useState<{ round?: Round; fault?: string }>({});
  useEffect(() => {
    if (!isOn) return;
    const abort = new AbortController();
    const onHide = (): void => {
      if (document.hidden) stop();
    };
    document.addEventListener('visibilitychange', onHide);
    predictFrames({ video, models, flip }, (round) => setState({ round }), abort.signal).catch((error: unknown) => {
      if (abort.signal.aborted) return;
      setState({ fault: sentenceOf(error) });
      stop();
    });
    return () => {
      abort.abort();
      document.removeEventListener('visibilitychange', onHide);
    };
  }, [isOn, models.join('\n'), flip]);
  return state;
}

/** Sends a frame to each model in turn, shows their answers, and goes on with the next frame until the signal aborts. */
async function predictFrames(
  { video, models, flip }: Props,
  show: (round: Round) => void,
  signal: AbortSignal,
): Promise<void> {
  const times: number[] = [];
  while (!signal.aborted) {
    const file = video.current && (await frameOf(video.current, 'image/jpeg', SIDE));
    if (!file) throw new Error('The camera has no picture.');
    const answers: PredictResponse[] = [];
    for (const model of models) answers.push(await client.models.predict(file, { model, flip, topK: BARS, signal }));
    times.push(performance.now());
    if (times.length > MEASURED) times.shift();
    show({ answers, framesPerSecond: rateOf(times) });
  }
}

/** Returns the rounds a second, from the times at which they ended, in milliseconds. Undefined before the second one. */
function rateOf(times: readonly number[]): number | undefined {
  const [first, last] = [times[0], times.at(-1)];
  return first === undefined || last === undefined || last <= first
    ? undefined
    : (1_000 * (times.length - 1)) / (last - first);
}
