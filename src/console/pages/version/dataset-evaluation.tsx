/** An evaluation of a version on a data set: its progress, and once it has succeeded its scores and the images behind them. */
import type { DatasetEvaluationDetails, ModelVersion } from 'trainyard';
import { Card } from '../../components/card.js';
import { EvaluationProgress } from '../../components/evaluation-progress.js';
import { Stat, Stats } from '../../components/facts.js';
import { measured, percent, plural } from '../../components/format.js';
import { imageOf } from '../../components/split-text.js';
import { Loaded, Notice } from '../../components/states.js';
import { TestImages } from '../../components/test-picture.js';
import { useResource } from '../../data/resource.js';
import { client } from '../../data/service.js';
import { useEvaluation } from '../../data/version-evaluations.js';
import { captionOf, type Predictions } from './cell-images.js';
import { EvaluationParts, LeakStat, Leaks } from './evaluation-parts.js';

/** Mistakes that are shown without a question. */
const MISTAKES = 24;

export function ShownEvaluation({ model: { manifest }, id }: { model: ModelVersion; id: string }) {
  const evaluation = useEvaluation(manifest.name, manifest.version, id);
  return <Loaded resource={evaluation}>{(found) => <Found evaluation={found} />}</Loaded>;
}

type Props = Readonly<{ evaluation: DatasetEvaluationDetails }>;

function Found({ evaluation }: Props) {
  const { scores, result, error } = evaluation;
  if (error !== undefined) return <Notice tone="bad">{`This evaluation failed: ${error.message}`}</Notice>;
  if (scores === undefined || result === undefined) {
    return (
      <Card>
        <EvaluationProgress evaluation={evaluation} />
      </Card>
    );
  }
  const predictions = predictionsOf(evaluation);
  return (
    <>
      <Scores evaluation={evaluation} scores={scores} leaks={result.leaks} />
      <Leaks dataset={evaluation.dataset} leaks={result.leaks} />
      <EvaluationParts result={result} predictions={predictions}>
        <MostWrong predictions={predictions} />
      </EvaluationParts>
    </>
  );
}

const predictionsOf = (evaluation: DatasetEvaluationDetails): Predictions => ({
  key: evaluation.id,
  split: evaluation.split,
  load: (query) => client.evaluations.images(evaluation, query).page(),
});

type Scores = NonNullable<DatasetEvaluationDetails['scores']>;
type LeakScores = NonNullable<DatasetEvaluationDetails['result']>['leaks'];

function Scores({ evaluation: { dataset, split }, scores, leaks }: Props & { scores: Scores; leaks: LeakScores }) {
  return (
    <Stats>
      <Stat
        label="Accuracy"
        value={percent(scores.accuracy, 2)}
        note={`${plural(scores.images, imageOf(split))} of ${dataset}`}
      />
      <LeakStat leaks={leaks} />
      {scores.top5Accuracy !== undefined && (
        <Stat label="Top-5 accuracy" value={percent(scores.top5Accuracy, 2)} note="among the five most probable" />
      )}
      <Stat label="Balanced accuracy" value={percent(scores.balancedAccuracy)} note="mean recall of the classes" />
      <Stat label="Macro-F1" value={percent(scores.macroF1)} note="mean F1 of the classes" />
      <Stat label="Loss" value={measured(scores.loss)} note="cross entropy" />
      <Stat
        label="Calibration error"
        value={percent(scores.expectedCalibrationError)}
        note="between probability and accuracy"
      />
    </Stats>
  );
}

function MostWrong({ predictions: { key, split, load } }: { predictions: Predictions }) {
  const found = useResource((signal) => load({ correct: false, limit: MISTAKES, signal }), [key], {
    key: `model-mistakes/${key}`,
  });
  if (found.data.value?.total === 0) return null;
  return (
    <Card title="Most confident mistakes">
      <Loaded resource={found}>
        {({ pictures, images }) => (
          <TestImages pictures={pictures} split={split} images={images.map((row) => captionOf(row, split))} />
        )}
      </Loaded>
    </Card>
  );
}
