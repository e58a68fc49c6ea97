/** Labels of a model: which version each points to, its history, moves with their gate, and rollbacks. */
import { useSignal } from '@preact/signals';
import type { ModelVersion } from 'trainyard';
import { Button } from '../../components/button.js';
import { Card } from '../../components/card.js';
import { Dialog } from '../../components/dialog.js';
import { Link } from '../../components/link.js';
import { Menu } from '../../components/menu.js';
import { Loaded } from '../../components/states.js';
import { Pill } from '../../components/status.js';
import { type Column, Table } from '../../components/table.js';
import { Time } from '../../components/time.js';
import { toast, toastError } from '../../components/toast.js';
import { forget, useResource } from '../../data/resource.js';
import { client, sentenceOf } from '../../data/service.js';
import { to } from '../../router/routes.js';
import { gateText, type LabelChange, previousVersion } from './label-changes.js';
import { MoveDialog } from './move-dialog.js';

type Props = Readonly<{
  name: string;
  labels: Readonly<Record<string, number>>;
  versions: readonly ModelVersion[];
  onChange: () => void;
}>;

export function Labels({ name, labels, versions, onChange }: Props) {
  const changed = (): void => {
    forget('model');
    onChange();
  };
  /** Label whose dialog is open: a name to move, '' for a new label. */
  const moving = useSignal<string | undefined>(undefined);
  const shownHistory = useSignal<string | undefined>(undefined);
  const entries = Object.entries(labels);
  return (
    <Card
      title="Labels"
      actions={
        <Button small icon="plus" onClick={() => (moving.value = '')}>
          New label
        </Button>
      }
    >
      {entries.length === 0 && (
        <p class="muted">
          A label is a name that moves from version to version. Programs that ask for <code>{`${name}@stable`}</code>{' '}
          get the version that you release.
        </p>
      )}
      <div class="labels-list">
        {entries.map(([label, version]) => (
          <LabelLine
            key={label}
            name={name}
            label={label}
            version={version}
            versions={versions.map(({ manifest }) => manifest.version)}
            onMove={() => (moving.value = label)}
            onHistory={() => (shownHistory.value = label)}
            onChange={changed}
          />
        ))}
      </div>
      {moving.value !== undefined && (
        <MoveDialog
          name={name}
          label={moving.value}
          versions={versions.map(({ manifest }) => manifest.version)}
          onClose={() => (moving.value = undefined)}
          onMoved={changed}
        />
      )}
      {shownHistory.value !== undefined && (
        <History name={name} label={shownHistory.value} onClose={() => (shownHistory.value = undefined)} />
      )}
    </Card>
  );
}

function LabelLine({
  name,
  label,
  version,
  versions,
  onMove,
  onHistory,
  onChange,
}: {
  name: string;
  label: string;
  version: number;
  /** The newest versions. */
  versions: readonly number[];
  onMove: () => void;
  onHistory: () => void;
  onChange: () => void;
}) {
  return (
    <div class="label-line">
      <span class="row">
        <Pill icon="tag">{label}</Pill>
        <span>
          points to <Link to={to('version', { name, version })}>version {version}</Link>
        </span>
      </span>
      <span class="row">
        <Button small onClick={onMove} label={`Move… ${label}`}>
          Move…
        </Button>
        <Rollback key={version} name={name} label={label} version={version} versions={versions} onChange={onChange} />
        <Menu
          label={`More actions of ${label}`}
          items={[
            { title: 'History', icon: 'clock', run: onHistory },
            { title: 'Remove the label', icon: 'trash', isDanger: true, run: () => void remove(name, label, onChange) },
          ]}
        />
      </span>
    </div>
  );
}

/** Button that names the version a rollback leads to. Disabled if there is none. */
function Rollback({
  name,
  label,
  version,
  versions,
  onChange,
}: {
  name: string;
  label: string;
  version: number;
  versions: readonly number[];
  onChange: () => void;
}) {
  const state = useResource((abort) => client.models.label(name, label, { limit: 100, signal: abort }), [name, label]);
  const history = state.data.value?.history;
  // Versions older than the newest ones are not listed here; the service has the last word.
  const oldest = Math.min(...versions);
  const target = history && previousVersion(history, (each) => each < oldest || versions.includes(each));
  if (target === undefined) {
    const { value: error } = state.error;
    const why =
      history !== undefined
        ? `"${label}" was at no other version that still exists`
        : error === undefined
          ? undefined
          : sentenceOf(error);
    return (
      <Button small icon="undo" disabled label={why && `Roll back: ${why}`}>
        Roll back
      </Button>
    );
  }
  return (
    <Button
      small
      icon="undo"
      label={`Roll back to version ${target}: ${label}`}
      onClick={() => void rollback(name, label, version, onChange)}
    >
      {`Roll back to version ${target}`}
    </Button>
  );
}

/** Moves the label back and offers to undo that. */
async function rollback(name: string, label: string, version: number, onChange: () => void): Promise<void> {
  try {
    const state = await client.models.rollback(name, label);
    onChange();
    const undo = async (): Promise<void> => {
      await client.models.moveLabel(name, label, { version, expected: state.version }).catch(toastError);
      onChange();
    };
    toast(`"${label}" points to version ${state.version} again`, { action: { title: 'Undo', run: () => void undo() } });
  } catch (error) {
    toastError(error);
  }
}

async function remove(name: string, label: string, onChange: () => void): Promise<void> {
  try {
    await client.models.removeLabel(name, label);
    onChange();
    const undo = async (): Promise<void> => {
      await client.models.rollback(name, label).catch(toastError);
      onChange();
    };
    toast(`Removed "${label}"`, { action: { title: 'Undo', run: () => void undo() } });
  } catch (error) {
    toastError(error);
  }
}

const ACTIONS = { move: 'moved', rollback: 'rolled back', remove: 'removed' } as const;

const HISTORY: readonly Column<LabelChange>[] = [
  { id: 'number', title: 'No.', align: 'end', cell: ({ number }) => number },
  { id: 'action', title: 'Change', cell: ({ action }) => ACTIONS[action] },
  { id: 'version', title: 'To version', align: 'end', cell: ({ version }) => version ?? 'none' },
  {
    id: 'gate',
    title: 'Gate',
    cell: ({ gate }) => (gate === undefined ? 'none' : gateText(gate)),
  },
  { id: 'at', title: 'When', cell: ({ at }) => <Time at={at} /> },
];

function History({ name, label, onClose }: { name: string; label: string; onClose: () => void }) {
  const state = useResource((abort) => client.models.label(name, label, { limit: 100, signal: abort }), [name, label]);
  return (
    <Dialog title={`History of "${label}"`} onClose={onClose} wide>
      <Loaded resource={state}>
        {({ history }) => (
          <Table
            label={`Changes of ${label}`}
            rows={history}
            columns={HISTORY}
            rowKey={({ number }) => String(number)}
          />
        )}
      </Loaded>
    </Dialog>
  );
}
