/** Choice of a second model, beside the first. */
import type { ModelListItem } from 'trainyard';
import { useResource } from '../../data/resource.js';
import { client } from '../../data/service.js';
import { queryText } from '../../router/router.js';
import { type Choice, SelectField } from '../field.js';
import { shortReference } from '../format.js';

/** Newest versions of a model that the list of choices names. */
const LISTED_VERSIONS = 5;

/** Reference of the second model; '' for none. */
export const secondModel = queryText('with');

export function SecondModel() {
  const models = useResource((signal) => client.models.list({ signal }).all(), [], { key: 'models' });
  const choices = choicesOf(models.data.value ?? []);
  return (
    <SelectField
      label="Compare with"
      value={secondModel.value}
      onInput={(value) => secondModel.push(value)}
      choices={[{ value: '', title: 'No second model' }, ...withChosen(choices, secondModel.value)]}
    />
  );
}

/** Returns a choice for each name, label and newer version. */
export const choicesOf = (models: readonly ModelListItem[]): Choice<string>[] =>
  models.flatMap(({ name, labels, versions }) => [
    { value: name, title: `${name} (newest)` },
    ...Object.entries(labels).map(([label, version]) => ({
      value: `${name}@${label}`,
      title: `${name}@${label} (version ${version})`,
    })),
    ...versions
      .slice(-LISTED_VERSIONS)
      .reverse()
      .map((version) => ({ value: `${name}@${version}`, title: `${name}@${version}` })),
  ]);

/** Adds a reference of the address that the list does not have, such as a checkpoint. */
export const withChosen = (choices: readonly Choice<string>[], value: string): readonly Choice<string>[] =>
  value === '' || choices.some((choice) => choice.value === value)
    ? choices
    : [...choices, { value, title: shortReference(value) }];
