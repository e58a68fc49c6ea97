/** Evaluation at the end of a training: scores on the test images, leaks, and the most confident mistakes. */
import type { Evaluation, ModelVersion } from 'trainyard';
import { Card } from '../../components/card.js';
import { Stat, Stats } from '../../components/facts.js';
import { count, percent } from '../../components/format.js';
import { FilePath, ImageThumb } from '../../components/image-thumb.js';
import { client } from '../../data/service.js';
import type { Predictions } from './cell-images.js';
import { EvaluationParts, LeakStat, Leaks } from './evaluation-parts.js';

type Props = Readonly<{ model: ModelVersion; evaluation: Evaluation }>;

export function TrainingEvaluation({ model, evaluation }: Props) {
  const { images, accuracy, leaks, macro, calibration } = evaluation;
  return (
    <>
      <Stats>
        <Stat label="Accuracy" value={percent(accuracy, 2)} note={`${count(images)} test images`} />
        <LeakStat leaks={leaks} />
        <Stat label="Macro-F1" value={percent(macro.f1)} note="mean F1 of the classes" />
        <Stat label="Mean precision" value={percent(macro.precision)} note="right, of those it names" />
        <Stat label="Mean recall" value={percent(macro.recall)} note="found, of each class" />
        <Stat
          label="Calibration error"
          value={percent(calibration.expectedCalibrationError)}
          note={`between probability and accuracy${calibration.calibratedError === null ? '' : `; calibrated ${percent(calibration.calibratedError)}`}`}
        />
      </Stats>
      <Leaks dataset={model.manifest.spec.dataset.name} leaks={leaks} />
      <EvaluationParts result={evaluation} predictions={predictionsOf(model)}>
        <MostWrong model={model} evaluation={evaluation} />
      </EvaluationParts>
    </>
  );
}

const predictionsOf = ({ manifest: { name, version } }: ModelVersion): Predictions => ({
  key: `${name}/${version}`,
  split: 'test',
  load: (query) => client.models.evaluationImages(name, version, query).page(),
});

function MostWrong({ model: { manifest }, evaluation: { confused } }: Props) {
  const { name, version } = manifest;
  if (confused.length === 0) return null;
  const path = `models/${encodeURIComponent(name)}/versions/${version}/evaluation/images`;
  return (
    <Card title="Most confident mistakes">
      <ul class="test-pictures">
        {confused.map(({ image, path: file, label, predicted, probability }, index) => (
          <li key={image} class="test-picture">
            <ImageThumb
              path={`${path}/${index}`}
              alt={`Test image #${image}: ${label}`}
              details={
                <>
                  <p class="wrap-anywhere">{`True class: ${label}. Predicted: ${predicted}, ${percent(probability)}.`}</p>
                  <FilePath path={file} />
                </>
              }
            />
            <span class="test-picture-text small">{`says ${predicted}`}</span>
            <span class="test-picture-text small muted">{percent(probability)}</span>
            <span class="test-picture-text small muted">{`is ${label}`}</span>
          </li>
        ))}
      </ul>
    </Card>
  );
}
