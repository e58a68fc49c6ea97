/** Evaluations of a version: the one at the end of its training, and those on data sets. The one that is shown is in the address. */
import { useSignal } from '@preact/signals';
import type { DatasetEvaluation, Evaluation, ModelVersion } from 'trainyard';
import { Button } from '../../components/button.js';
import { EvaluateDialog } from '../../components/evaluate-dialog.js';
import { EmptyState, Loaded } from '../../components/states.js';
import { useResource } from '../../data/resource.js';
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
      <Loaded resource={own}>
        {({ found }) => (
          <Loaded resource={others}>
            {(list) => <Content model={model} own={found} others={list} ask={ask} refresh={others.refresh} />}
          </Loaded>
        )}
      </Loaded>
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
  own: Evaluation | undefined;
  others: readonly DatasetEvaluation[];
  ask: () => void;
  refresh: () => void;
}>;

function Content({ model, own, others, ask, refresh }: ContentProps) {
  if (own === undefined && others.length === 0 && shown.value === '') return <NoEvaluation model={model} ask={ask} />;
  const id = shown.value !== '' || own !== undefined ? shown.value : (others[0]?.id ?? '');
  return (
    <div class="stack">
      <EvaluationList model={model} own={own} others={others} shown={id} ask={ask} refresh={refresh} />
      {id === '' && own !== undefined ? (
        <TrainingEvaluation model={model} evaluation={own} />
      ) : (
        <ShownEvaluation key={id} model={model} id={id} />
      )}
    </div>
  );
}

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
