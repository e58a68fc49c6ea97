/** Reason of a failed or interrupted job, advice, and the last output of its trainer. */
import type { Job } from 'trainyard';
import { ButtonLink } from '../../components/button.js';
import { plural } from '../../components/format.js';
import { Notice } from '../../components/states.js';
import { Time } from '../../components/time.js';
import { useResource } from '../../data/resource.js';
import { client } from '../../data/service.js';
import { to } from '../../router/routes.js';

/** What to do about an error, by its code. */
const ADVICE: Readonly<Record<string, string>> = {
  out_of_memory: 'Clone the job with a smaller micro batch, a smaller input or a narrower network.',
  diverged: 'Clone the job with a lower learning rate, a warm-up, or gradient clipping.',
  insufficient_storage: 'Delete models or data sets on the system page, then resume the job.',
  storage_unavailable: 'See to the data folder of the service, then resume the job.',
  dataset_not_found: 'Import the data set again, then clone the job.',
  dataset_invalid: 'Import the data set again, then clone the job.',
  trainer_died: 'The last output below says more. Clone the job to try again.',
  trainer_hung: 'Clone the job to try again. If it hangs again, look at the machine of the worker.',
  worker_lost: 'See to the machine of the worker, for example its memory. Then clone the job.',
};
const OTHERWISE = 'Clone the job, change what the message names, and submit it again.';

export function Failure({ job }: { job: Job }) {
  const { error, status } = job;
  if (error === undefined) return null;
  const isEnd = status === 'failed';
  return (
    <Notice tone={isEnd ? 'bad' : 'warn'}>
      <div class="stack-s">
        <p class="wrap-anywhere">{error.message}</p>
        <p class="small">{ADVICE[error.code] ?? OTHERWISE}</p>
        {isEnd && (
          <div class="row">
            <ButtonLink small icon="copy" to={to('newJob', { copy: `job:${job.id}` })}>
              Clone and change
            </ButtonLink>
          </div>
        )}
        <Output id={job.id} />
      </div>
    </Notice>
  );
}

function Output({ id }: { id: string }) {
  const log = useResource((signal) => client.jobs.log(id, { signal }), [id], { key: `job-log/${id}` }).data.value;
  if (log === undefined || log.lines.length === 0) return null;
  return (
    <details open>
      <summary class="small">
        Last output of the trainer of attempt {log.attempt}, <Time at={log.at} />
      </summary>
      <pre class="job-log" tabIndex={0}>
        {log.leftOut > 0 && `… ${plural(log.leftOut, 'line')} before\n`}
        {log.lines.join('\n')}
      </pre>
    </details>
  );
}
