/** Origin of a version: job, data, starting point, settings, live changes and files with their digests. */
import type { ModelVersion } from 'trainyard';
import { Card } from '../../components/card.js';
import { CodeBlock, CopyText } from '../../components/code.js';
import { Facts, Stat, Stats } from '../../components/facts.js';
import { modelFitText, pixelText } from '../../components/fit-text.js';
import { bytes, count, measured, percent, shortId } from '../../components/format.js';
import { Link } from '../../components/link.js';
import { Notice } from '../../components/states.js';
import { type Column, Table } from '../../components/table.js';
import { Time } from '../../components/time.js';
import { useResource } from '../../data/resource.js';
import { client, isGone } from '../../data/service.js';
import { to } from '../../router/routes.js';

type Manifest = ModelVersion['manifest'];

export function OverviewTab({ model }: { model: ModelVersion }) {
  const { manifest, state, files } = model;
  return (
    <div class="stack">
      {state.refused && <Notice tone="bad">{`It does not answer: ${state.refused.message}`}</Notice>}
      <Scores manifest={manifest} />
      <div class="version-columns">
        <Card title="Origin">
          <Origin manifest={manifest} />
        </Card>
        <Card title="Network and input">
          <NetworkFacts model={model} />
        </Card>
      </div>
      {manifest.changes !== undefined && (
        <Card title="Changes while it trained">
          <CodeBlock code={JSON.stringify(manifest.changes, null, 2)} label="Changes" />
        </Card>
      )}
      <Card title="Files" flush>
        <Table label="Files" rows={files} columns={FILES} rowKey={({ path }) => path} />
      </Card>
      <Card title="Settings">
        <p class="muted small version-note">The complete job. It trains the same model again.</p>
        <CodeBlock code={JSON.stringify(manifest.spec, null, 2)} label="Settings" />
      </Card>
    </div>
  );
}

function Scores({ manifest: { scores, parameters, steps } }: { manifest: Manifest }) {
  if (scores === undefined) {
    return <Notice>The weights were imported, so their scores are unknown.</Notice>;
  }
  return (
    <Stats>
      <Stat label="Test accuracy" value={percent(scores.testAccuracy, 2)} note={`loss ${measured(scores.testLoss)}`} />
      {scores.validationAccuracy !== undefined && (
        <Stat
          label="Validation accuracy"
          value={percent(scores.validationAccuracy, 2)}
          note={`loss ${measured(scores.validationLoss)}`}
        />
      )}
      <Stat
        label="Training accuracy"
        value={percent(scores.trainAccuracy, 2)}
        note={`loss ${measured(scores.trainLoss)}`}
      />
      <Stat label="Epochs" value={scores.epoch} note={steps === undefined ? undefined : `${count(steps)} steps`} />
      <Stat label="Parameters" value={count(parameters)} />
    </Stats>
  );
}

function Origin({ manifest }: { manifest: Manifest }) {
  const { jobId, imported, createdAt, spec, datasetSha256, reason } = manifest;
  const dataset = spec.dataset.name;
  const from = 'from' in spec ? spec.from : undefined;
  return (
    <Facts
      entries={[
        ['Created', <Time at={createdAt} />],
        ['Job', jobId && <JobLink id={jobId} />],
        [
          'Imported',
          imported && (
            <span>
              {`${bytes(imported.bytes)} · `}
              <CopyText
                text={imported.sha256}
                shown={imported.sha256.slice(0, 12)}
                label="digest of the imported file"
              />
            </span>
          ),
        ],
        ['Data set', dataset === 'unknown' ? 'unknown' : <Link to={to('dataset', { name: dataset })}>{dataset}</Link>],
        [
          'Images',
          'trainSamples' in spec.dataset
            ? `${count(spec.dataset.trainSamples)} training (${count(spec.dataset.validationSamples)} of them for validation), ${count(spec.dataset.testSamples)} test`
            : undefined,
        ],
        [
          'Digest of the data',
          datasetSha256 && (
            <CopyText text={datasetSha256} shown={datasetSha256.slice(0, 12)} label="digest of pixels and labels" />
          ),
        ],
        ['Weights from', from && <StartingPoint from={from} />],
        ['Ended because', reason?.message],
      ]}
    />
  );
}

/** Link to the job, or its id alone if the job was deleted. */
function JobLink({ id }: { id: string }) {
  const job = useResource((signal) => client.jobs.get(id, { signal }), [id]);
  if (isGone(job.error.value)) return <span class="muted">{`${shortId(id)} (deleted)`}</span>;
  return <Link to={to('job', { id })}>{shortId(id)}</Link>;
}

/** The model or checkpoint from which the job started. */
function StartingPoint({ from }: { from: object }) {
  const { model, job, mode, sha256 } = from as {
    model?: { name: string; version: number };
    job?: string;
    mode?: string;
    sha256?: string;
  };
  return (
    <span>
      {mode === 'fine-tune' ? 'fine-tuned from ' : 'continued from '}
      {model && <Link to={to('version', model)}>{`${model.name}@${model.version}`}</Link>}
      {job && (
        <>
          {'job '}
          <JobLink id={job} />
        </>
      )}
      {sha256 && (
        <>
          {' · '}
          <CopyText text={sha256} shown={sha256.slice(0, 12)} label="digest of the weights" />
        </>
      )}
    </span>
  );
}

function NetworkFacts({ model: { manifest, state } }: { model: ModelVersion }) {
  const { spec, preprocessing, classes, temperature } = manifest;
  const { height, width, channels, resize, mean, std } = preprocessing;
  return (
    <Facts
      entries={[
        ['Network', `${spec.network} · ${spec.networkOptions.variant}`],
        ['Precision', spec.precision],
        ['Classes', `${count(classes.length)}: ${firstOf(classes)}`],
        [
          'Image',
          `${width} × ${height}, ${channels === 1 ? 'grey' : 'colour'}; the network sees ${resize} × ${resize}`,
        ],
        ['Fit', modelFitText(preprocessing)],
        ['Pixels', pixelText(preprocessing)],
        ['Normalization', `mean ${mean.join(', ')} · deviation ${std.join(', ')}`],
        [
          'Temperature',
          temperature == null
            ? 'not fitted: there are no calibrated probabilities'
            : `${measured(temperature)}: divides the scores of the classes, for calibrated probabilities`,
        ],
        ['Runtime', state.runtime === 'onnxruntime' ? 'ONNX Runtime' : 'TensorFlow'],
        ['In memory', state.loaded ? `yes, about ${bytes(state.bytes)}` : 'no: the first prediction loads it'],
      ]}
    />
  );
}

const LISTED = 12;

const firstOf = (classes: readonly string[]): string => {
  const more = classes.length - LISTED;
  return `${classes.slice(0, LISTED).join(', ')}${more > 0 ? ` and ${count(more)} more` : ''}`;
};

const FILES: readonly Column<ModelVersion['files'][number]>[] = [
  { id: 'path', title: 'File', cell: ({ path }) => <code>{path}</code> },
  { id: 'bytes', title: 'Size', align: 'end', cell: (file) => bytes(file.bytes) },
  {
    id: 'sha256',
    title: 'SHA-256',
    cell: ({ sha256, path }) => (
      <CopyText text={sha256} shown={`${sha256.slice(0, 16)}…`} label={`digest of ${path}`} />
    ),
  },
];
