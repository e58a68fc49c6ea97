/** Evaluations of a version as a table: opens one, starts, cancels or deletes one. */
import type { DatasetEvaluation, Evaluation, ModelVersion } from 'trainyard';
import { Button } from '../../components/button.js';
import { Card } from '../../components/card.js';
import { confirmDelete } from '../../components/confirm-delete.js';
import { stateText } from '../../components/evaluation-progress.js';
import { measured, percent } from '../../components/format.js';
import { imageOf } from '../../components/split-text.js';
import { StatusPill } from '../../components/status.js';
import { type Column, Table } from '../../components/table.js';
import { Time } from '../../components/time.js';
import { forget } from '../../data/resource.js';
import { client } from '../../data/service.js';
import { isOpen } from '../../data/version-evaluations.js';
import { setQuery } from '../../router/router.js';
import { WITHOUT_CELL } from './cell-images.js';

/** An evaluation on a data set, or that of the training without `evaluation`. */
type Row = Readonly<{
  id: string;
  dataset: string;
  images: string;
  accuracy: number | undefined;
  f1: number | undefined;
  loss: number | undefined;
  at: string;
  evaluation?: DatasetEvaluation | undefined;
}>;

type Props = Readonly<{
  model: ModelVersion;
  own: Evaluation | undefined;
  others: readonly DatasetEvaluation[];
  /** Id of the evaluation that is shown; '' for that of the training. */
  shown: string;
  ask: () => void;
  refresh: () => void;
}>;

/** Shows an evaluation; '' for that of the training. `push`: whether going back returns to the one before, default true. */
export const show = (id: string, { push = true } = {}): void =>
  setQuery({ ...WITHOUT_CELL, cells: undefined, evaluation: id === '' ? undefined : id }, { push });

export function EvaluationList({ model, own, others, shown, ask, refresh }: Props) {
  const rows = [...(own ? [rowOfTraining(model, own)] : []), ...others.map(rowOf)];
  return (
    <Card
      title="Evaluations"
      flush
      actions={
        <Button small icon="plus" onClick={ask}>
          Evaluate on a data set
        </Button>
      }
    >
      <Table
        label="Evaluations"
        rows={rows}
        columns={columnsOf(shown, refresh)}
        rowKey={({ id }) => id}
        rowClass={({ id }) => (id === shown ? 'table-selected' : undefined)}
        onOpen={({ id }) => show(id)}
      />
    </Card>
  );
}

const rowOfTraining = ({ manifest }: ModelVersion, { accuracy, macro, testSplit }: Evaluation): Row => ({
  id: '',
  dataset: testSplit?.dataset ?? manifest.spec.dataset.name,
  images: 'test images, at the end of the training',
  accuracy,
  f1: macro.f1,
  loss: manifest.scores?.testLoss ?? undefined,
  at: manifest.createdAt,
});

const rowOf = (evaluation: DatasetEvaluation): Row => ({
  id: evaluation.id,
  dataset: evaluation.dataset,
  images: `${imageOf(evaluation.split)}s`,
  accuracy: evaluation.scores?.accuracy,
  f1: evaluation.scores?.macroF1,
  loss: evaluation.scores?.loss,
  at: evaluation.endedAt ?? evaluation.createdAt,
  evaluation,
});

const columnsOf = (shown: string, refresh: () => void): readonly Column<Row>[] => [
  {
    id: 'images',
    title: 'Images',
    cell: ({ id, dataset, images }) => (
      <button
        type="button"
        class="link-button name"
        {...(id === shown && { 'aria-current': 'true' })}
        onClick={() => show(id)}
      >
        <bdi>{dataset}</bdi>
        <span class="muted small">{` ${images}`}</span>
      </button>
    ),
  },
  { id: 'accuracy', title: 'Accuracy', align: 'end', cell: ({ accuracy }) => percent(accuracy, 2) },
  { id: 'f1', title: 'Macro-F1', align: 'end', cell: ({ f1 }) => percent(f1) },
  { id: 'loss', title: 'Loss', align: 'end', cell: ({ loss }) => measured(loss) },
  { id: 'state', title: 'When', cell: ({ evaluation, at }) => <State evaluation={evaluation} at={at} /> },
  {
    id: 'actions',
    title: 'Actions',
    isTitleHidden: true,
    width: '40px',
    cell: ({ evaluation }) => evaluation && <Remove evaluation={evaluation} shown={shown} onRemoved={refresh} />,
  },
];

function State({ evaluation, at }: Pick<Row, 'evaluation' | 'at'>) {
  if (evaluation === undefined || evaluation.state === 'succeeded') return <Time at={at} />;
  return (
    <span class="row">
      <StatusPill status={evaluation.state} />
      {evaluation.state === 'running' && <span class="muted small">{stateText(evaluation)}</span>}
    </span>
  );
}

type RemoveProps = Readonly<{ evaluation: DatasetEvaluation; shown: string; onRemoved: () => void }>;

function Remove({ evaluation, shown, onRemoved }: RemoveProps) {
  const { model, dataset, split } = evaluation;
  const isCancelled = isOpen(evaluation);
  const [action, done] = isCancelled ? ['Cancel', 'Cancelled'] : ['Delete', 'Deleted'];
  const what = `the evaluation of version ${model.version} on ${dataset}, ${split}`;
  const remove = async (): Promise<void> => {
    const isRemoved = await confirmDelete({
      title: `${action} ${what}?`,
      text: 'Its scores and predictions are removed. The same evaluation can be started again.',
      action: isCancelled ? 'Cancel the evaluation' : 'Delete',
      remove: () => client.evaluations.delete(evaluation),
      done: `${done} ${what}`,
    });
    if (!isRemoved) return;
    forget('model-evaluations');
    if (evaluation.id === shown) show('', { push: false });
    onRemoved();
  };
  const icon = isCancelled ? 'close' : 'trash';
  return <Button small kind="quiet" icon={icon} label={`${action} ${what}`} onClick={() => void remove()} />;
}
