/** Says what a job starts from: the weights of a job or model, or the copied settings of one. */
import { useId } from 'preact/hooks';
import { Button, ButtonLink } from '../../components/button.js';
import { shortId } from '../../components/format.js';
import { Link } from '../../components/link.js';
import { Notice } from '../../components/states.js';
import { to } from '../../router/routes.js';
import type { JobDraft } from './job-draft.js';
import { effectiveValue, OF_RECIPE } from './job-form.js';
import type { RequestSource } from './job-sources.js';
import { isObject, type JsonObject, withValue } from './request-draft.js';

export function StartingPoint({ draft }: { draft: JobDraft }) {
  const { from } = draft.request.value;
  if (isObject(from)) return <Weights from={from} draft={draft} />;
  const source = draft.copied.value;
  return source === undefined ? null : <Copied source={source} />;
}

function Copied({ source }: { source: RequestSource }) {
  return (
    <Notice
      actions={
        <ButtonLink small to={to('newJob', { from: `${source.kind}:${source.name}` })}>
          Start from its weights instead
        </ButtonLink>
      }
    >
      <p>
        The settings of <SourceLink source={source} /> are copied. The job trains a new network from random weights.
      </p>
    </Notice>
  );
}

function Weights({ from, draft }: { from: JsonObject; draft: JobDraft }) {
  const source = sourceOf(from);
  const mode = effectiveValue('from.mode', draft.request.value, draft.spec.value);
  const what =
    mode === 'fine-tune'
      ? 'The job is a new run that begins with these weights. Settings that you leave out are those of the starting point.'
      : 'The job continues the run: its optimizer, its averages and its position. Raise the epochs to train longer.';
  return (
    <Notice
      actions={
        source && (
          <ButtonLink small to={to('newJob', { copy: `${source.kind}:${source.name}` })}>
            Copy its settings instead
          </ButtonLink>
        )
      }
    >
      <div class="stack-s">
        <p>
          {draft.copied.value && (
            <>
              The settings of <SourceLink source={draft.copied.value} /> are copied.{' '}
            </>
          )}
          Starts from the weights of {source === undefined ? 'a checkpoint or a model' : <SourceLink source={source} />}
          . {what}
        </p>
        <span class="row">
          <Choice
            label="Mode"
            value={String(mode ?? 'continue')}
            choices={['continue', 'fine-tune']}
            onChange={(next) => draft.update(withMode(draft.request.peek(), next))}
          />
          {mode === 'fine-tune' && (
            <Choice
              label="Recipe"
              value={String(from['recipe'] ?? NO_RECIPE)}
              choices={[NO_RECIPE, 'fine-tune']}
              onChange={(next) => draft.update(withRecipe(draft.request.peek(), next))}
            />
          )}
          {source?.kind === 'job' && (
            <Choice
              label="Checkpoint"
              value={String(from['checkpoint'] ?? 'last')}
              choices={['last', 'best']}
              onChange={(next) => draft.update(withValue(draft.request.peek(), 'from.checkpoint', next))}
            />
          )}
          <Button small kind="quiet" onClick={() => draft.update(withoutFrom(draft.request.peek()))}>
            Start from random weights
          </Button>
        </span>
      </div>
    </Notice>
  );
}

type ChoiceProps = Readonly<{
  label: string;
  value: string;
  choices: readonly string[];
  onChange: (value: string) => void;
}>;

function Choice({ label, value, choices, onChange }: ChoiceProps) {
  const id = useId();
  const all = choices.includes(value) ? choices : [...choices, value];
  return (
    <span class="row small">
      <label for={id}>{label}</label>
      <select
        id={id}
        class="input starting-point-choice"
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
      >
        {all.map((choice) => (
          <option key={choice}>{choice}</option>
        ))}
      </select>
    </span>
  );
}

function SourceLink({ source: { kind, name } }: { source: RequestSource }) {
  if (kind === 'job') return <Link to={to('job', { id: name })}>job {shortId(name)}</Link>;
  const [model = '', version] = name.split('@');
  const place = /^\d+$/.test(version ?? '')
    ? to('version', { name: model, version: version ?? '' })
    : to('model', { name: model });
  return <Link to={place}>model {name}</Link>;
}

function sourceOf(from: JsonObject): RequestSource | undefined {
  if (typeof from['job'] === 'string') return { kind: 'job', name: from['job'] };
  return typeof from['model'] === 'string' ? { kind: 'model', name: from['model'] } : undefined;
}

const NO_RECIPE = 'none';

/** Returns the request with a recipe, without the fields that the recipe sets. */
function withRecipe(request: JsonObject, recipe: string): JsonObject {
  if (recipe === NO_RECIPE) return withValue(request, 'from.recipe', undefined);
  const left = OF_RECIPE.reduce<JsonObject>((before, path) => withValue(before, path, undefined), request);
  return withValue(left, 'from.recipe', recipe);
}

/** Returns the request with a mode. A run that continues has no recipe. */
const withMode = (request: JsonObject, mode: string): JsonObject =>
  withValue(mode === 'fine-tune' ? request : withRecipe(request, NO_RECIPE), 'from.mode', mode);

/** Returns the request for a new network. */
const withoutFrom = ({ from: _, ...rest }: JsonObject): JsonObject => ({ network: 'resnet', ...rest });
