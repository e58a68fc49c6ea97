/** Evaluations of a version: the one at the end of its training, and those on data sets. The one that is shown is in the address. */
import { useSignal } from '@preact/signals';
import type { DatasetEvaluation, Evaluation, ModelVersion } from 'trainyard';
import { Button } from '../../components/button.js';
import { EvaluateDialog } from '../../components/evaluate-dialog.js';
import { EmptyState, LoadFault, Skeleton } from '../../components/states.js';
import { type Resource, useResource } from '../../data/resource.js';
import { client } from '../../data/service.js';
import { useEvaluations } from '../../data/version-evaluations.js';
import { queryText } from '../../router/router.js';
import { ShownEvaluation } from './dataset-evaluation.js';
import { EvaluationList, show } from './evaluation-list.js';
import { TrainingEvaluation } from './training-evaluation.js';

/** Id of the evaluation that is shown. '': that of the training, or without one the newest. */
const shown = queryText('evaluation');

export function EvaluationTab({ model }: { model: ModelVersion }) {
  const { name, version, classes } = model.manifest;
  const isAsking = useSignal(false);
  const ask = (): void => {
    isAsking.value = true;
  };
  const own = useResource(
    async (signal) => ({ found: await client.models.evaluation(name, version, { signal }) }),
    [name, version],
    { key: `model-evaluation/${name}/${version}` },
  );
  const others = useEvaluations(name, version);
  const onStarted = ([queued]: readonly DatasetEvaluation[]): void => {
    void others.refresh();
    if (queued) show(queued.id);
  };
  return (
    <>
      <Content model={model} own={own} others={others} ask={ask} />
      {isAsking.value && (
        <EvaluateDialog
          name={name}
          versions={[version]}
          classes={classes}
          onClose={() => (isAsking.value = false)}
          onStarted={onStarted}
        />
      )}
    </>
  );
}

type ContentProps = Readonly<{
  model: ModelVersion;
  own: Resource<{ found: Evaluation | undefined }>;
  others: Resource<DatasetEvaluation[]>;
  ask: () => void;
}>;

/** Shows what could be loaded: a failure of one part hides no other. */
function Content({ model, own, others, ask }: ContentProps) {
  const { found } = own.data.value ?? {};
  const list = others.data.value ?? [];
  const showsNewest = shown.value === '' && found === undefined;
  if (showsNewest && ![own, others].every(hasAnswered)) return <Skeleton lines={4} />;
  const id = showsNewest ? (list[0]?.id ?? '') : shown.value;
  return (
    <div class="stack">
      <LoadFault resource={own} what="The evaluation of the training" />
      <LoadFault resource={others} what="Evaluations on data sets" />
      {showsNewest && id === '' ? (
        isKnown(own) && isKnown(others) && <NoEvaluation model={model} ask={ask} />
      ) : (
        <>
          <EvaluationList model={model} own={found} others={list} shown={id} ask={ask} refresh={others.refresh} />
          {id === '' && found !== undefined ? (
            <TrainingEvaluation model={model} evaluation={found} />
          ) : (
            <ShownEvaluation key={id} model={model} id={id} />
          )}
        </>
      )}
    </div>
  );
}

const isKnown = ({ data }: Pick<Resource<unknown>, 'data'>): boolean => data.value !== undefined;
const hasAnswered = ({ data, error }: Pick<Resource<unknown>, 'data' | 'error'>): boolean =>
  data.value !== undefined || error.value !== undefined;

function NoEvaluation({ model: { manifest }, ask }: Pick<ContentProps, 'model' | 'ask'>) {
  const why =
    manifest.jobId === undefined
      ? 'Its weights were imported, so its training and test images are unknown.'
      : manifest.reason?.code === 'kept'
        ? 'It was saved by a cancelled job, which skips the evaluation.'
        : 'It was stored before models had an evaluation.';
  return (
    <EmptyState
      title="This version has no evaluation"
      icon="chart"
      actions={
        <Button kind="primary" icon="plus" onClick={ask}>
          Evaluate on a data set
        </Button>
      }
    >
      {why}
    </EmptyState>
  );
}
