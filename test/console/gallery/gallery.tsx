/** Every component of the console on one page, as the tests of components see it. */
import '../../../src/console/styles/tokens.css';
import '../../../src/console/styles/base.css';
import { signal } from '@preact/signals';
import { render } from 'preact';
import { BarList } from '../../../src/console/components/bar-list.js';
import { Button } from '../../../src/console/components/button.js';
import { Card } from '../../../src/console/components/card.js';
import { Chart } from '../../../src/console/components/chart.js';
import { CodeBlock, CopyText } from '../../../src/console/components/code.js';
import { ConfirmDialog, confirm } from '../../../src/console/components/dialog.js';
import { Facts, Stat, Stats } from '../../../src/console/components/facts.js';
import { CheckField, NumberField, Segmented, SelectField, TextField } from '../../../src/console/components/field.js';
import { FileDrop } from '../../../src/console/components/file-drop.js';
import { bytes, duration, measured, percent, setting } from '../../../src/console/components/format.js';
import { ImageThumb } from '../../../src/console/components/image-thumb.js';
import { Menu } from '../../../src/console/components/menu.js';
import { PageHeader } from '../../../src/console/components/page-header.js';
import { Progress } from '../../../src/console/components/progress.js';
import { seriesColor } from '../../../src/console/components/series-colors.js';
import { Sparkline } from '../../../src/console/components/sparkline.js';
import { EmptyState, ErrorState, Notice, Skeleton } from '../../../src/console/components/states.js';
import { StatusPill } from '../../../src/console/components/status.js';
import { type Column, Table } from '../../../src/console/components/table.js';
import { Tabs } from '../../../src/console/components/tabs.js';
import { Time } from '../../../src/console/components/time.js';
import { Toasts, toast } from '../../../src/console/components/toast.js';
import { queryNumber, queryOneOf, queryRange, queryText, startRouter } from '../../../src/console/router/router.js';

type Row = Readonly<{ id: string; name: string; loss: number | null }>;

const STEPS = 2_000;
const x = Array.from({ length: STEPS }, (_, index) => index + 1);
/** A noise that is the same at each run. */
const noise = (index: number): number => ((Math.sin(index * 12.9898) * 43_758.5453) % 1) * 0.15;
const train = x.map((step) => 2.3 * Math.exp(-step / 500) + 0.2 + noise(step));
const epochs = x.filter((step) => step % 200 === 0);
const test = epochs.map((step) => 2.3 * Math.exp(-step / 600) + 0.3);

const rows: readonly Row[] = Array.from({ length: 10_000 }, (_, index) => ({
  id: `row-${index}`,
  name: index === 3 ? '<b>قطة</b> with a very long name that goes on and on and on and on and on' : `job ${index}`,
  loss: index % 7 === 0 ? null : ((index * 37) % 1_000) / 100,
}));
const columns: readonly Column<Row>[] = [
  { id: 'name', title: 'Name', cell: ({ name }) => <span class="name">{name}</span>, sort: ({ name }) => name },
  {
    id: 'loss',
    title: 'Loss',
    align: 'end',
    cell: ({ loss }) => measured(loss ?? undefined),
    sort: ({ loss }) => loss,
  },
  { id: 'state', title: 'Status', cell: () => <StatusPill status="running" /> },
];

const tab = queryOneOf('tab', ['chart', 'table', 'form', 'rest']);
const sort = queryText('sort', 'name');
const smoothing = queryNumber('smooth', 0.9);
const zoom = queryRange('zoom');
const selected = signal<ReadonlySet<string>>(new Set());
const opened = signal('');
const text = signal('digits');
const size = signal<number | undefined>(28);
const scale = signal<'linear' | 'log'>('linear');
const files = signal('');

function Charts() {
  const shared = { xName: 'step', zoom, syncKey: 'gallery', scale: scale.value } as const;
  return (
    <div class="grid">
      <Card>
        <Chart
          {...shared}
          title="Loss"
          smoothing={smoothing.value}
          marks={[{ x: 700, text: 'learning rate 0.01' }]}
          series={[
            { id: 'train', name: 'train', x, y: train, color: seriesColor(0) },
            { id: 'test', name: 'test', x: epochs, y: test, color: seriesColor(1), hasPoints: true, isSmoothed: false },
          ]}
        />
      </Card>
      <Card>
        <Chart
          {...shared}
          title="Learning rate"
          series={[{ id: 'rate', name: 'rate', x, y: x.map((step) => 0.1 / step), color: seriesColor(2) }]}
        />
      </Card>
      <Segmented
        label="Scale"
        value={scale.value}
        choices={[
          { value: 'linear', title: 'Linear' },
          { value: 'log', title: 'Log' },
        ]}
        onInput={(value) => {
          scale.value = value;
        }}
      />
    </div>
  );
}

function Form() {
  return (
    <div class="stack">
      <TextField
        label="Name"
        value={text.value}
        description="Letters, digits and hyphens."
        error={text.value === '' ? 'A name is missing.' : undefined}
        onReset={text.value === 'digits' ? undefined : () => (text.value = 'digits')}
        resetTo="digits"
        onInput={(value) => (text.value = value)}
      />
      <NumberField
        label="Size"
        unit="pixels"
        value={size.value}
        min={8}
        max={512}
        onInput={(value) => (size.value = value)}
      />
      <SelectField
        label="Network"
        value="resnet"
        choices={[
          { value: 'resnet', title: 'ResNet' },
          { value: 'densenet', title: 'DenseNet' },
        ]}
        onInput={() => undefined}
      />
      <CheckField label="Augment" description="Flips images." value onInput={() => undefined} />
      <FileDrop
        label="Drop images, or choose them"
        accept="image/*"
        paste
        onFiles={(list) => (files.value = list.map(({ path }) => path).join())}
      />
      <output>{files.value}</output>
      <CodeBlock label="Request" code={'curl http://127.0.0.1:3000/jobs\n  -d @job.json'} />
      <CopyText text="0f6d" label="id" />
    </div>
  );
}

function Rest() {
  return (
    <div class="stack">
      <Stats>
        <Stat label="Accuracy" value={percent(0.9142)} note="test set" />
        <Stat label="Disk" value={bytes(1_288_490_188)} />
        <Stat label="Remaining" value={duration(3_720)} />
        <Stat label="Learning rate" value={setting(3e-4)} />
      </Stats>
      <Facts
        entries={[
          ['Status', <StatusPill key="status" status="succeeded" />],
          ['Created', <Time key="time" at={Date.now() - 200_000} />],
          ['None', undefined],
        ]}
      />
      <Progress share={0.4} label="Epoch 4 of 10" />
      <Progress share={undefined} label="Import" />
      <Sparkline values={test} label="Loss from 1.9 to 0.38" />
      <BarList
        label="Classes"
        bars={[
          { id: 'a', name: 'ankle boot', share: 0.91, text: '91.0 %', isMarked: true },
          { id: 'b', name: 'sneaker', share: 0.07, text: '7.0 %' },
        ]}
      />
      <ImageThumb
        url="data:image/gif;base64,R0lGODlhAQABAIAAAAUEBAAAACwAAAAAAQABAAACAkQBADs="
        alt="One pixel"
        details={<p>A pixel</p>}
      />
      <Notice tone="warn">The test set is small.</Notice>
      <EmptyState title="No models yet" icon="models" actions={<Button kind="primary">New job</Button>}>
        Train one.
      </EmptyState>
      <ErrorState error={new Error('It did not work: try again.')} onRetry={() => undefined} />
      <Skeleton />
      <div class="row">
        <Button
          icon="trash"
          kind="danger"
          onClick={() =>
            void confirm({ title: 'Delete it?', action: 'Delete', isDanger: true }).then((yes) =>
              toast(yes ? 'Deleted' : 'Kept'),
            )
          }
        >
          Delete
        </Button>
        <Button busy>Saving</Button>
        <Menu
          label="Actions"
          items={[
            { title: 'Pause', icon: 'pause', run: () => toast('Paused') },
            { title: 'Resume', disabled: 'It is running.', run: () => toast('wrong') },
          ]}
        />
      </div>
    </div>
  );
}

function Gallery() {
  return (
    <main class="page">
      <PageHeader
        title="Components"
        parents={[['Home', '/']]}
        aside={<StatusPill status="queued" />}
        note="All of them."
      />
      <Tabs
        label="Components"
        value={tab}
        tabs={[
          { id: 'chart', title: 'Charts', content: () => <Charts /> },
          {
            id: 'table',
            title: 'Table',
            content: () => (
              <>
                <output>{`${selected.value.size} selected, opened ${opened.value}`}</output>
                <Table
                  label="Jobs"
                  rows={rows}
                  columns={columns}
                  rowKey={({ id }) => id}
                  sort={sort}
                  selected={selected}
                  onOpen={({ id }) => (opened.value = id)}
                />
              </>
            ),
          },
          { id: 'form', title: 'Form', content: () => <Form /> },
          { id: 'rest', title: 'Rest', content: () => <Rest /> },
        ]}
      />
      <ConfirmDialog />
      <Toasts />
    </main>
  );
}

startRouter();
const root = document.getElementById('app');
if (root !== null) render(<Gallery />, root);
