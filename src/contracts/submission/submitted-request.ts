/** Settings of a job as they were submitted, which submit the same job again. */
import { type Job, type JobSpec, type SubmittedRequest, sameDraw } from '../jobs/job.js';
import type { StartSpec } from '../jobs/starting-point.js';
import type { JobSubmission } from './job-from.js';

/** Returns the settings of a submission. Leaves out the fields that the job has itself, and webhooks, which have secrets. */
export function settingsOf(submission: JobSubmission): SubmittedRequest {
  const { priority: _, metadata: __, notes: ___, webhooks: ____, ...settings } = submission;
  return settings as SubmittedRequest;
}

/** Returns settings that name every option, for a job whose record has no settings as submitted. */
export function settingsOfSpec({ spec, changes }: Pick<Job, 'spec' | 'changes'>): SubmittedRequest {
  const { precisionReason: _, from, dataset, network, networkOptions, ...fields } = spec;
  const planned = changes.flatMap(({ due, to }) => (due === undefined ? [] : [{ step: due, to }]));
  return {
    ...(from === undefined ? { network, networkOptions } : { from: startOf(from) }),
    ...fields,
    dataset: { ...dataset, ...(dataset.validation === undefined && { validation: 'drawn' }), ...sameDraw(dataset) },
    ...(planned.length > 0 && { changes: planned }),
  };
}

/**
 * Returns the settings that draw the validation images of the job's spec again. Jobs of earlier versions drew from all training images
 * alike without saying so, and the default is another now. Settings with a starting point draw as that does.
 */
export function withDrawOf({ dataset: spec }: Pick<JobSpec, 'dataset'>, settings: SubmittedRequest): SubmittedRequest {
  const { dataset, from } = settings as Readonly<{ dataset?: object | string; from?: object }>;
  const isOlder = sameDraw(spec).stratified === false && from === undefined;
  return isOlder && typeof dataset === 'object' && !('stratified' in dataset)
    ? { ...settings, dataset: { ...dataset, stratified: false } }
    : settings;
}

/** A checkpoint is recorded by its steps, by which no request can name it. */
const startOf = ({ job, model, mode }: StartSpec): object =>
  model === undefined ? { job, mode } : { model: `${model.name}@${model.version}`, mode };
