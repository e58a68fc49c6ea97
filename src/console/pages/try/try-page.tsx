/** Try: any model, or two side by side, on pictures. */
import type { ModelListItem } from 'trainyard';
import { ButtonLink } from '../../components/button.js';
import { SelectField } from '../../components/field.js';
import { PageHeader } from '../../components/page-header.js';
import { EmptyState, Loaded } from '../../components/states.js';
import { choicesOf, withChosen } from '../../components/try/second-model.js';
import { TryPanel } from '../../components/try/try-panel.js';
import { useResource } from '../../data/resource.js';
import { client } from '../../data/service.js';
import { queryText } from '../../router/router.js';
import { to } from '../../router/routes.js';

const model = queryText('model');

export function TryPage() {
  const models = useResource((signal) => client.models.list({ signal }).all(), [], { key: 'models' });
  return (
    <>
      <PageHeader title="Try" note="Show a model pictures and see what it answers, and where it looks." />
      <Loaded resource={models}>{(list) => <Chosen models={list} />}</Loaded>
    </>
  );
}

function Chosen({ models }: { models: readonly ModelListItem[] }) {
  const newest = [...models].sort((a, b) => b.latest.createdAt.localeCompare(a.latest.createdAt))[0]?.name ?? '';
  const first = model.value || newest;
  if (first === '') {
    return (
      <EmptyState
        title="There is no model to try yet"
        icon="try"
        actions={
          <ButtonLink to={to('newJob')} kind="primary">
            Train one
          </ButtonLink>
        }
      >
        A job that succeeds stores one. While it trains, its page can try its best checkpoint.
      </EmptyState>
    );
  }
  const choice = (
    <SelectField
      label="Model"
      value={first}
      onInput={(value) => model.push(value)}
      choices={withChosen(choicesOf(models), first)}
    />
  );
  return <TryPanel model={first} choice={choice} />;
}
