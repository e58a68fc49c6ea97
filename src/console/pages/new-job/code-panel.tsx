/** The request as JSON to edit, and as commands and programs to copy. */
import './code-panel.css';
import { Card } from '../../components/card.js';
import { CodeBlock } from '../../components/code.js';
import { Tabs } from '../../components/tabs.js';
import { serviceUrl, session } from '../../data/service.js';
import { queryOneOf } from '../../router/router.js';
import type { JobDraft } from './job-draft.js';
import { JsonEditor } from './json-editor.js';
import { CODE_FORMS, CODE_TITLES, type CodeForm, codeFor } from './request-code.js';

const code = queryOneOf('code', ['json', ...CODE_FORMS]);

export function CodePanel({ draft }: { draft: JobDraft }) {
  const tabs = [
    { id: 'json' as const, title: 'JSON', content: () => <JsonEditor draft={draft} /> },
    ...CODE_FORMS.map((form) => ({
      id: form,
      title: CODE_TITLES[form],
      content: () => <CodeView form={form} draft={draft} />,
    })),
  ];
  return (
    <Card>
      <Tabs label="The job as JSON or code" tabs={tabs} value={code} />
    </Card>
  );
}

function CodeView({ form, draft }: { form: CodeForm; draft: JobDraft }) {
  return (
    <div class="stack-s code-panel">
      <CodeBlock label={CODE_TITLES[form]} code={codeFor(form, draft.request.value, serviceUrl(''))} />
      {session.value?.authentication === 'keys' && <p class="muted small">{KEY_NOTES[form]}</p>}
    </div>
  );
}

/** Where the API key goes, which the code does not contain. */
const KEY_NOTES: Readonly<Record<CodeForm, string>> = {
  curl: 'This service asks for an API key: add -H "authorization: Bearer $TRAINYARD_API_KEY".',
  cli: 'This service asks for an API key: set TRAINYARD_API_KEY, or run trainyard login.',
  typescript: 'This service asks for an API key: set TRAINYARD_API_KEY, or pass apiKey.',
  python: 'This service asks for an API key: add an "authorization" header with "Bearer " and the key.',
};
