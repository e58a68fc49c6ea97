/** Parts that every evaluation of a version has: leaks, confusion matrix with the images behind each cell, calibration, and classes. */
import type { ComponentChildren } from 'preact';
import { useMemo } from 'preact/hooks';
import type { ClassScores, DatasetEvaluationDetails } from 'trainyard';
import { Button, ButtonLink } from '../../components/button.js';
import { Card } from '../../components/card.js';
import { Chart, type Series } from '../../components/chart.js';
import { copyText } from '../../components/clipboard.js';
import { Stat } from '../../components/facts.js';
import { CheckField, Segmented } from '../../components/field.js';
import { count, measured, percent, plural } from '../../components/format.js';
import { seriesColor } from '../../components/series-colors.js';
import { EmptyState, Notice } from '../../components/states.js';
import { type Column, Table } from '../../components/table.js';
import { queryFlag, queryList, queryOneOf, queryText, setQuery } from '../../router/router.js';
import { to } from '../../router/routes.js';
import { CellImages, type Predictions } from './cell-images.js';
import { csvOfMatrix, type Pair, topPairs } from './confusion-data.js';
import { ConfusionMatrix } from './confusion-matrix.js';

const mode = queryOneOf('values', ['counts', 'rows']);
const sort = queryText('sort', 'f1');
const isCalibrated = queryFlag('calibrated');
const reliabilityView = queryOneOf('reliability', ['chart', 'table']);
const hidden = queryList('off');

type Result = NonNullable<DatasetEvaluationDetails['result']>;
type Props = Readonly<{ result: Result; predictions: Predictions }>;

type LeakProps = Readonly<{ leaks: Result['leaks'] }>;

/** Accuracy on the test images that the training has not seen. Nothing if it has seen none. */
export function LeakStat({ leaks }: LeakProps) {
  if (leaks === undefined || leaks.images === 0) return null;
  const { images, accuracy } = leaks.others;
  return (
    <Stat
      label="Accuracy without leaks"
      value={accuracy === null ? 'none' : percent(accuracy, 2)}
      note={`${plural(images, 'test image is', 'test images are')} new to the model`}
    />
  );
}

/** Says how many test images the training has seen. Nothing if it has seen none. */
export function Leaks({ dataset, leaks }: LeakProps & { dataset: string }) {
  if (leaks === undefined || leaks.images === 0) return null;
  const { images, same, near, accuracy } = leaks;
  const action = (
    <ButtonLink small to={to('dataset', { name: dataset }, { tab: 'report' })}>
      Show the report
    </ButtonLink>
  );
  return (
    <Notice tone="warn" actions={action}>
      {`The training has seen ${plural(images, 'test image')}: ${count(same)} with the same pixels, ${count(near)} that look alike. The accuracy on them is ${accuracy === null ? 'unknown' : percent(accuracy)}.`}
    </Notice>
  );
}

/** `children`: the images that the model gets most wrong. */
export function EvaluationParts({ result, predictions, children }: Props & { children: ComponentChildren }) {
  const { calibration, classes } = result;
  const names = useMemo(() => classes.map(({ label }) => label), [classes]);
  return (
    <>
      <Confusion result={result} predictions={predictions} names={names} />
      <Reliability calibration={calibration} />
      {children}
      <ClassTable classes={classes} />
    </>
  );
}

function Confusion({ result, predictions, names }: Props & { names: readonly string[] }) {
  const { confusion, confusedPairs } = result;
  const pairs = useMemo(
    () => confusedPairs?.map(({ label, ...rest }) => ({ actual: label, ...rest })) ?? topPairs(confusion ?? [], names),
    [result],
  );
  return (
    <>
      <Card
        title="Confusion matrix"
        actions={
          confusion && (
            <>
              <Segmented
                label="Values"
                value={mode.value}
                onInput={(value) => (mode.value = value)}
                choices={[
                  { value: 'counts', title: 'Images' },
                  { value: 'rows', title: '% of the true class' },
                ]}
              />
              <Button
                small
                icon="copy"
                label="Copy data as CSV"
                onClick={() => void copyText(csvOfMatrix(confusion, names), 'Copied as CSV')}
              />
            </>
          )
        }
      >
        {confusion ? (
          <ConfusionMatrix confusion={confusion} names={names} mode={mode.value} onOpen={openCell} />
        ) : (
          <p class="muted">{`With ${count(names.length)} classes there is no matrix. The most frequent confusions are below.`}</p>
        )}
      </Card>
      <CellImages predictions={predictions} names={names} />
      <Card title="Most confused pairs" flush>
        <Table
          label="Most confused pairs"
          rows={pairs.slice(0, PAIRS)}
          columns={PAIR_COLUMNS}
          rowKey={({ actual, predicted }) => `${actual}\n${predicted}`}
          onOpen={({ actual, predicted }) => openCell(actual, predicted)}
          empty={<EmptyState title="No image was misclassified" icon="check" />}
        />
      </Card>
    </>
  );
}

const PAIRS = 10;

/** Shows the images of a cell, or of a row without `predicted`. */
function openCell(actual: string, predicted: string | undefined): void {
  setQuery({ actual, predicted, images: undefined }, { push: true });
}

const PAIR_COLUMNS: readonly Column<Pair>[] = [
  { id: 'actual', title: 'True class', cell: ({ actual }) => <span class="name">{actual}</span> },
  { id: 'predicted', title: 'Predicted as', cell: ({ predicted }) => <span class="name">{predicted}</span> },
  { id: 'images', title: 'Images', align: 'end', cell: ({ images }) => count(images) },
  {
    id: 'open',
    title: 'Show',
    isTitleHidden: true,
    align: 'end',
    cell: ({ actual, predicted }) => (
      <Button
        small
        kind="quiet"
        icon="image"
        label={`Show the images of ${actual} predicted as ${predicted}`}
        onClick={() => openCell(actual, predicted)}
      />
    ),
  },
];

const CLASS_COLUMNS: readonly Column<ClassScores>[] = [
  {
    id: 'label',
    title: 'Class',
    sort: ({ label }) => label,
    cell: ({ label }) => (
      <button type="button" class="link-button name" onClick={() => openCell(label, undefined)}>
        {label}
      </button>
    ),
  },
  {
    id: 'precision',
    title: 'Precision',
    align: 'end',
    sort: (row) => row.precision,
    cell: (row) => percent(row.precision),
  },
  { id: 'recall', title: 'Recall', align: 'end', sort: (row) => row.recall, cell: (row) => percent(row.recall) },
  { id: 'f1', title: 'F1', align: 'end', sort: (row) => row.f1, cell: (row) => percent(row.f1) },
  { id: 'support', title: 'Images', align: 'end', sort: (row) => row.support, cell: (row) => count(row.support) },
];

function ClassTable({ classes }: { classes: readonly ClassScores[] }) {
  return (
    <Card title={plural(classes.length, 'class', 'classes')} flush>
      <Table label="Classes" rows={classes} columns={CLASS_COLUMNS} rowKey={({ label }) => label} sort={sort} />
    </Card>
  );
}

function Reliability({ calibration }: Pick<Result, 'calibration'>) {
  const { reliability, calibratedReliability, temperature, fitted } = calibration;
  if (reliability === undefined) {
    return (
      <Card title="Calibration">
        <Notice>This version is older than the reliability diagram. Train it again to get one.</Notice>
      </Card>
    );
  }
  const bins = (isCalibrated.value && calibratedReliability ? calibratedReliability : reliability).filter(
    (bin) => bin.images > 0,
  );
  const total = bins.reduce((sum, bin) => sum + bin.images, 0);
  const x = bins.map(({ confidence }) => confidence);
  const series: readonly Series[] = [
    { id: 'accuracy', name: 'Accuracy', x, y: bins.map((bin) => bin.accuracy), color: seriesColor(0), hasPoints: true },
    { id: 'ideal', name: 'Well calibrated', x: [0, 1], y: [0, 1], color: seriesColor(7), isDashed: true },
    { id: 'share', name: 'Share of images', x, y: bins.map((bin) => bin.images / total), color: seriesColor(1) },
  ];
  return (
    <Card title="Calibration">
      <div class="stack">
        <p class="muted">
          Of the images that the model is 80 % sure of, 80 % should be right. Above the dashed line the model is too
          modest, below it too sure.
        </p>
        {calibratedReliability && (
          <CheckField
            label="With the temperature"
            value={isCalibrated.value}
            onInput={(value) => (isCalibrated.value = value)}
            description={`Scores divided by ${measured(temperature)}. ${fitted}`}
          />
        )}
        <Chart
          title="Reliability"
          series={series}
          xName="Probability"
          view={reliabilityView}
          hidden={hidden}
          formatX={(value) => percent(value, 0)}
          formatY={(value) => percent(value, 0)}
        />
        {!calibratedReliability && <p class="muted small">{inFormWords(fitted)}</p>}
      </div>
    </Card>
  );
}

/** Replaces names of the API by the titles of the form. */
const inFormWords = (sentence: string): string =>
  sentence
    .replace('dataset.validationSamples', '"Validation images" of the job')
    .replace('dataset.validation to "own"', '"Validation split" to "own"');
