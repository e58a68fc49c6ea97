/** Plan: parameters, steps, expected duration, and memory next to that of each worker. */
import './plan-card.css';
import type { JobPlan } from 'trainyard';
import { rangeText } from '../../../wording/time-text.js';
import { Button } from '../../components/button.js';
import { Card } from '../../components/card.js';
import { Stat, Stats } from '../../components/facts.js';
import { bytes, count } from '../../components/format.js';
import { Icon } from '../../components/icon.js';
import { Notice, Skeleton } from '../../components/states.js';
import type { JobDraft } from './job-draft.js';
import { imagesOf, PlanAdvice } from './plan-advice.js';
import { PlanPhases } from './plan-phases.js';
import { withValue } from './request-draft.js';

export function PlanCard({ draft }: { draft: JobDraft }) {
  const { plan, errors, fault, isPlanning } = draft.planned.value;
  const isStale = errors.length > 0 || fault !== undefined;
  const aside = isPlanning ? 'planning …' : isStale && plan !== undefined ? 'of the last valid settings' : undefined;
  return (
    <Card title="Plan" actions={aside !== undefined && <span class="muted small">{aside}</span>}>
      {plan === undefined ? (
        isStale ? (
          <p class="muted">
            {fault === undefined
              ? 'The plan appears once the settings are valid.'
              : 'The service could not plan the job. The plan appears after the next change.'}
          </p>
        ) : (
          <Skeleton lines={5} />
        )
      ) : (
        <div class={`stack-s plan${isStale ? ' plan-stale' : ''}`}>
          <Stats>
            <Stat label="Parameters" value={count(plan.parameters)} />
            <Stat label="Steps" value={count(plan.steps)} note={`${count(plan.steps / plan.spec.epochs)} an epoch`} />
            <Time plan={plan} />
          </Stats>
          {!isStale && <PlanAdvice plan={plan} draft={draft} />}
          <PlanPhases phases={plan.spec.phases} />
          {plan.estimate && <p class="muted small">{plan.estimate.explanation}</p>}
          <Memory plan={plan} draft={draft} />
        </div>
      )}
    </Card>
  );
}

function Time({ plan: { estimate } }: { plan: JobPlan }) {
  if (estimate === undefined) return <Stat label="Time" value="unknown" note="No worker has measured its speed" />;
  return (
    <Stat
      label={estimate.basis === 'measured' ? 'Time, measured' : 'Time, computed'}
      value={rangeText(estimate.seconds)}
      note={`${rangeText(estimate.epochSeconds)} an epoch, plus start and saving`}
    />
  );
}

function Memory({ plan, draft }: { plan: JobPlan; draft: JobDraft }) {
  const { workers, memory, largestBatchSize, spec } = plan;
  const usesParts = spec.microBatchSize !== spec.batchSize;
  const field = usesParts ? 'microBatchSize' : 'batchSize';
  const isLargest = spec[field] === largestBatchSize;
  return (
    <div class="stack-s">
      <h3>Memory: {bytes(memory.totalBytes)}</h3>
      {workers.length === 0 && (
        <Notice tone="warn">No worker is connected. The job waits in the queue until one is.</Notice>
      )}
      <ul class="plan-workers">
        {workers.map((worker) => (
          <WorkerMemory key={`${worker.host}:${worker.pid}`} worker={worker} />
        ))}
      </ul>
      {largestBatchSize !== undefined && largestBatchSize > 0 && (
        <div class="row">
          <span class="muted small">
            Largest {usesParts ? 'micro batch' : 'batch'} that fits: {count(largestBatchSize)}
            {!usesParts && largestBatchSize === imagesOf(spec.dataset) && ', all training images'}
          </span>
          {!isLargest && (
            <Button small onClick={() => draft.update(withValue(draft.request.peek(), field, largestBatchSize))}>
              Use it
            </Button>
          )}
        </div>
      )}
    </div>
  );
}

function WorkerMemory({ worker }: { worker: JobPlan['workers'][number] }) {
  const { host, processor, neededBytes, availableBytes, fits, fault } = worker;
  const share = Math.min(1, neededBytes / Math.max(1, availableBytes));
  const text = `${bytes(neededBytes)} of ${bytes(availableBytes)}`;
  return (
    <li class="plan-worker">
      <span class="name" title={processor}>
        {host} <span class="muted small">{processor}</span>
      </span>
      <span class={`small nowrap ${fits ? 'plan-fits' : 'plan-short'}`}>
        <Icon name={fits ? 'check' : 'warning'} size={12} /> {fits ? 'fits' : 'too small'}: {text}
      </span>
      <span class="plan-bar" aria-hidden="true">
        <span class={fits ? '' : 'plan-bar-short'} style={{ width: `${share * 100}%` }} />
      </span>
      {fault !== undefined && <span class="muted small wrap-anywhere">takes no jobs now: {fault}</span>}
    </li>
  );
}
