/** Model card of a version: rendered, or as Markdown text. */
import { Button } from '../../components/button.js';
import { Card } from '../../components/card.js';
import { copyText } from '../../components/clipboard.js';
import { CodeBlock } from '../../components/code.js';
import { Segmented } from '../../components/field.js';
import { Markdown } from '../../components/markdown.js';
import { Loaded } from '../../components/states.js';
import { useResource } from '../../data/resource.js';
import { client } from '../../data/service.js';
import { queryOneOf } from '../../router/router.js';

const view = queryOneOf('view', ['page', 'text']);

export function CardTab({ name, version }: { name: string; version: number }) {
  const card = useResource((signal) => client.models.card(name, version, { signal }), [name, version], {
    key: `model-card/${name}/${version}`,
  });
  return (
    <Loaded resource={card}>
      {(text) => (
        <Card
          title="Model card"
          actions={
            <>
              <Segmented
                label="View"
                value={view.value}
                onInput={(value) => (view.value = value)}
                choices={[
                  { value: 'page', title: 'Page' },
                  { value: 'text', title: 'Markdown' },
                ]}
              />
              <Button small icon="copy" label="Copy the Markdown" onClick={() => void copyText(text)} />
            </>
          }
        >
          {view.value === 'text' ? <CodeBlock code={text} label="Model card in Markdown" /> : <Markdown text={text} />}
        </Card>
      )}
    </Loaded>
  );
}
