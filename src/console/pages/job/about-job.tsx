/** Notes and metadata of a job, which people edit at any time. */
import { useState } from 'preact/hooks';
import type { Job } from 'trainyard';
import { Button } from '../../components/button.js';
import { Card } from '../../components/card.js';
import { EditTexts } from '../../components/edit-texts.js';
import { Facts } from '../../components/facts.js';
import { changeText } from '../../components/run-data.js';

type Props = Readonly<{ job: Job; refresh: () => Promise<void> }>;

export function AboutJob({ job, refresh }: Props) {
  const { id, priority, metadata, notes, changes, webhooks, microBatchSize } = job;
  const [isEditing, edit] = useState(false);
  return (
    <Card
      title="Job"
      actions={
        <Button small icon="edit" onClick={() => edit(true)}>
          Notes and tags
        </Button>
      }
    >
      <div class="stack-s">
        {notes !== undefined && <p class="job-notes wrap-anywhere">{notes}</p>}
        <Facts
          entries={[
            ['id', <code key="id">{id}</code>],
            ['priority', String(priority)],
            ['micro batch now', microBatchSize],
            ...Object.entries(metadata),
            ...changes.map((change) => [`change ${change.number}`, changeText(change)] as const),
            ...(webhooks ?? []).map(({ url }, index) => [`webhook ${index + 1}`, url] as const),
          ]}
        />
      </div>
      {isEditing && <EditTexts job={job} onClose={() => edit(false)} onSaved={() => void refresh()} />}
    </Card>
  );
}
