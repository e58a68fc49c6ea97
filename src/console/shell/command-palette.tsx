/** Command palette: pages, actions, and jobs, models and data sets by name. */
import './command-palette.css';
import { useSignal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { useResource } from '../data/resource.js';
import { client } from '../data/service.js';
import { type Command, commands, keysForPeople } from '../keyboard/shortcuts.js';
import { navigate } from '../router/router.js';
import { to } from '../router/routes.js';

const MOST_SHOWN = 50;
const MOST_JOBS = 100;

type Found = Pick<Command, 'id' | 'title' | 'group' | 'keys' | 'run' | 'words'>;

/** Loads the things one can jump to. One that fails to load leaves the others. */
async function loadThings(abort: AbortSignal): Promise<Found[]> {
  const some = { limit: MOST_JOBS, signal: abort };
  const [jobs, models, datasets] = await Promise.allSettled([
    client.jobs.list(some).page(),
    client.models.list(some).page(),
    client.datasets.list(some).page(),
  ]);
  const open = (group: string, title: string, place: string, words = ''): Found => ({
    id: place,
    group,
    title,
    words,
    run: () => navigate(place),
  });
  return [
    ...(jobs.status === 'fulfilled'
      ? jobs.value.jobs.map(({ id, status, spec }) =>
          open(
            'Jobs',
            `${spec.name} · ${id.slice(0, 8)}, ${status}`,
            to('job', { id }),
            `${id} ${spec.network} ${spec.dataset.name}`,
          ),
        )
      : []),
    ...(models.status === 'fulfilled'
      ? [...new Set(models.value.models.map(({ name }) => name))].map((name) =>
          open('Models', name, to('model', { name })),
        )
      : []),
    ...(datasets.status === 'fulfilled'
      ? datasets.value.datasets.map(({ name }) => open('Data sets', name, to('dataset', { name })))
      : []),
  ];
}

/** Returns whether every word of the search occurs. */
function matches({ title, group, words = '' }: Found, search: string): boolean {
  const text = `${title} ${group} ${words}`.toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

export function CommandPalette({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const search = useSignal('');
  const active = useSignal(0);
  const things = useResource(loadThings, [], { key: 'palette' });
  useLayoutEffect(() => dialog.current?.showModal(), []);
  const all: readonly Found[] = [...commands.value, ...(things.data.value ?? [])];
  const found = all.filter((each) => matches(each, search.value)).slice(0, MOST_SHOWN);
  const index = Math.min(active.value, found.length - 1);
  const run = (chosen: Found | undefined): void => {
    if (chosen === undefined) return;
    onClose();
    chosen.run();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) active.value = (index + step + found.length) % Math.max(1, found.length);
    else if (event.key === 'Enter') run(found[index]);
    else return;
    event.preventDefault();
  };
  return (
    <dialog
      ref={dialog}
      class="dialog palette"
      aria-label="Search pages, actions, jobs, models and data sets"
      // Not `close`, which comes later than the next key.
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => event.target === event.currentTarget && onClose()}
    >
      <input
        class="palette-input"
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={found.length > 0 ? `palette-${index}` : undefined}
        aria-label="Search"
        placeholder="Search pages, actions, jobs, models, data sets"
        value={search.value}
        autoComplete="off"
        spellcheck={false}
        onKeyDown={onKeyDown}
        onInput={(event) => {
          search.value = event.currentTarget.value;
          active.value = 0;
        }}
      />
      <Results found={found} index={index} run={run} />
    </dialog>
  );
}

function Results({ found, index, run }: { found: readonly Found[]; index: number; run: (chosen: Found) => void }) {
  if (found.length === 0) return <p class="palette-none muted">Nothing has these words in its name.</p>;
  return (
    <div id="palette-list" role="listbox" aria-label="Results" class="palette-list">
      {found.map((each, position) => (
        <div
          key={each.id}
          id={`palette-${position}`}
          role="option"
          tabIndex={-1}
          aria-selected={position === index}
          class="palette-item"
          ref={(element) => {
            if (position === index) element?.scrollIntoView({ block: 'nearest' });
          }}
          onClick={() => run(each)}
          onKeyDown={(event) => event.key === 'Enter' && run(each)}
        >
          <span class="palette-group muted small">{each.group}</span>
          <span class="name">{each.title}</span>
          {each.keys !== undefined && <Keys keys={each.keys} />}
        </div>
      ))}
    </div>
  );
}

export function Keys({ keys }: { keys: string }) {
  return (
    <span class="palette-keys">
      {keys.split(' | ').map((each, index) => (
        <>
          {index > 0 && <span class="muted small">or</span>}
          {keysForPeople(each).map((key, position) => (
            <kbd key={`${position}${key}`}>{key}</kbd>
          ))}
        </>
      ))}
    </span>
  );
}
