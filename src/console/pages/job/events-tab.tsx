/** Event log of a job: everything that happened but its steps, the newest first. */
import type { ReadonlySignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import type { Job } from 'trainyard';
import { Button } from '../../components/button.js';
import { Card } from '../../components/card.js';
import { CheckField } from '../../components/field.js';
import { count, duration, measured, percent, rate } from '../../components/format.js';
import { changeText } from '../../components/run-data.js';
import { EmptyState } from '../../components/states.js';
import { Pill, StatusPill } from '../../components/status.js';
import { Time } from '../../components/time.js';
import { queryList, queryNumber } from '../../router/router.js';
import type { EventFrame } from './job-feed.js';

const KINDS = [
  ['status', 'Status and end'],
  ['epoch', 'Epochs'],
  ['change', 'Changes'],
  ['start', 'Starts and resumes'],
  ['gap', 'Gaps'],
] as const;
type Kind = (typeof KINDS)[number][0];

/** Events that are shown at first, and with each click. */
const PAGE = 100;

/** Kinds that are not shown. */
const hidden = queryList('hide');
const most = queryNumber('events', PAGE);

const kindOf = ({ type }: EventFrame): Kind => (type === 'end' ? 'status' : type === 'resume' ? 'start' : type);

export function EventsTab({ job, events }: { job: Job; events: ReadonlySignal<readonly EventFrame[]> }) {
  const present = new Set(events.value.map(kindOf));
  const matching = events.value.filter((event) => !hidden.value.includes(kindOf(event))).toReversed();
  const shown = matching.slice(0, most.value);
  return (
    <Card>
      <div class="stack">
        <div class="job-filters">
          {KINDS.filter(([kind]) => present.has(kind)).map(([kind, title]) => (
            <CheckField
              key={kind}
              label={title}
              value={!hidden.value.includes(kind)}
              onInput={(isShown) => {
                const others = hidden.value.filter((each) => each !== kind);
                hidden.value = isShown ? others : [...others, kind];
              }}
            />
          ))}
        </div>
        {shown.length === 0 ? (
          <EmptyState title="No events" icon="filter">
            {present.size > 0 ? 'The filters hide all of them.' : 'Nothing has happened yet.'}
          </EmptyState>
        ) : (
          <>
            <ol class="job-events">
              {shown.map((event) => (
                <li key={keyOf(event)} class="job-event">
                  <span class="muted small">{event.at ? <Time at={event.at} /> : ''}</span>
                  <span>
                    <Badge event={event} />
                  </span>
                  <span class="job-event-text">{textOf(event, job)}</span>
                </li>
              ))}
            </ol>
            {matching.length > most.value && (
              <div class="row">
                <Button
                  onClick={() => (most.value += PAGE)}
                >{`Show ${count(Math.min(PAGE, matching.length - most.value))} more`}</Button>
                <span class="muted small">{`${count(most.value)} of ${count(matching.length)} events`}</span>
              </div>
            )}
          </>
        )}
      </div>
    </Card>
  );
}

const keyOf = (event: EventFrame): string => `${event.type} ${event.type === 'gap' ? event.to : event.seq}`;

function Badge({ event }: { event: EventFrame }) {
  if (event.type === 'status' || event.type === 'end') return <StatusPill status={event.status} />;
  if (event.type === 'epoch') return <Pill icon="check">{`epoch ${event.epoch}`}</Pill>;
  if (event.type === 'gap')
    return (
      <Pill tone="warn" icon="warning">
        gap
      </Pill>
    );
  return (
    <Pill tone="info" icon={event.type === 'change' ? 'edit' : 'play'}>
      {event.type}
    </Pill>
  );
}

function textOf(event: EventFrame, job: Job): ComponentChildren {
  switch (event.type) {
    case 'status':
      return statusText(event);
    case 'end':
      return (
        (event.error ?? event.reason)?.message ??
        (event.model && `Saved “${event.model.name}”, version ${event.model.version}.`)
      );
    case 'epoch':
      return epochText(event);
    case 'change':
      return `${changeText(event)}${event.step === undefined ? '' : `, after step ${count(event.step)}`}`;
    case 'resume':
      return [
        `Attempt ${event.attempt} continues in epoch ${Math.min(event.epoch, job.spec.epochs)} after step ${count(event.step)}.`,
        ...(event.faults ?? []).map((fault) => ` A checkpoint could not be used: ${fault}`),
      ].join('');
    case 'start':
      return `Attempt ${event.attempt} starts with ${count(event.taken)} variables of its starting point (${event.mode}).`;
    default:
      return `Steps ${count(event.from)} to ${count(event.to)} of the stream are missing.`;
  }
}

function statusText({ status, attempt, reason, microBatchSize }: Extract<EventFrame, { type: 'status' }>): string {
  const memory = microBatchSize === undefined ? '' : ` The micro batch is now ${microBatchSize}.`;
  if (reason !== undefined) return `${reason.message}${memory}`;
  if (status === 'running') return `Attempt ${attempt} runs.`;
  return status === 'paused' ? 'Paused.' : 'Waits for a worker.';
}

function epochText(event: Extract<EventFrame, { type: 'epoch' }>): string {
  const {
    validationAccuracy,
    validationLoss,
    validationMacroF1,
    testTop5Accuracy,
    testAccuracy,
    testLoss,
    trainAccuracy,
    trainLoss,
  } = event;
  const parts = [
    `train ${percent(trainAccuracy)} (${measured(trainLoss)})`,
    ...(validationAccuracy === undefined
      ? []
      : [`validation ${percent(validationAccuracy)} (${measured(validationLoss)})`]),
    ...(validationMacroF1 === undefined ? [] : [`macro-F1 ${percent(validationMacroF1)}`]),
    `test ${percent(testAccuracy)} (${measured(testLoss)})`,
    ...(testTop5Accuracy === undefined ? [] : [`top 5 ${percent(testTop5Accuracy)}`]),
  ];
  return `${parts.join(', ')}, in ${duration(event.seconds)} at ${rate(event.imagesPerSecond)}`;
}
