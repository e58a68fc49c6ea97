/** Settings of the service, to read. */
import type { Setting } from 'trainyard';
import { CheckField, TextField } from '../../components/field.js';
import { Loaded, Notice } from '../../components/states.js';
import { Pill } from '../../components/status.js';
import { useResource } from '../../data/resource.js';
import { client } from '../../data/service.js';
import { queryFlag, queryText } from '../../router/router.js';

const search = queryText('q');
const onlyChanged = queryFlag('changed');

function matches({ name, description, isSet }: Setting): boolean {
  const text = `${name} ${description}`.toLowerCase();
  return (isSet || !onlyChanged.value) && text.includes(search.value.trim().toLowerCase());
}

export function Settings() {
  const settings = useResource((signal) => client.service.settings({ signal }), [], { key: 'settings' });
  return (
    <>
      <Notice>
        Set them as environment variables or in <code>.env</code>, and restart the service. These are the settings of
        the API process; workers on other machines have their own.
      </Notice>
      <div class="settings-filter">
        <TextField label="Search" type="search" value={search.value} onInput={(value) => (search.value = value)} />
        <CheckField
          label="Only those that differ from their default"
          value={onlyChanged.value}
          onInput={(value) => (onlyChanged.value = value)}
        />
      </div>
      <Loaded resource={settings}>
        {(list) => {
          const shown = list.filter(matches);
          return shown.length === 0 ? (
            <p class="muted">No setting matches.</p>
          ) : (
            <ul class="settings">
              {shown.map((setting) => (
                <SettingRow key={setting.name} setting={setting} />
              ))}
            </ul>
          );
        }}
      </Loaded>
    </>
  );
}

function SettingRow({ setting: { name, description, value, default: standard, isSet } }: { setting: Setting }) {
  const shown = value === undefined ? (isSet ? 'set, not shown' : 'not set') : value === '' ? 'empty' : value;
  return (
    <li class="setting">
      <div class="setting-name">
        <code class="wrap-anywhere">{name}</code>
        {isSet && <Pill tone="info">changed</Pill>}
      </div>
      <div class="setting-value">
        <code class={value === undefined || value === '' ? 'muted' : 'wrap-anywhere'}>{shown}</code>
        {isSet && value !== undefined && (
          <span class="muted small">{` default ${standard === '' ? 'empty' : standard}`}</span>
        )}
      </div>
      <p class="muted small setting-text">{description}</p>
    </li>
  );
}
