/** Turns the spec of a job into a request for the same job. */
import type { JsonObject } from './assignments.js';
import type { Job } from './service-types.js';

/** Returns the request. Webhooks are left out: the service does not return their secrets. */
export function requestOf({ spec, priority, metadata, changes }: Job): JsonObject {
  const { precisionReason: _reason, from, dataset, network, networkOptions, ...fields } = spec;
  const planned = changes.flatMap(({ due, to }) => (due === undefined ? [] : [{ step: due, to }]));
  const request = {
    ...fields,
    dataset: { ...dataset, ...(dataset.validation === undefined && { validation: 'drawn' }) },
    ...(from === undefined ? { network, networkOptions } : { from: startOf(from) }),
    priority,
    metadata,
    ...(planned.length > 0 && { changes: planned }),
  };
  return structuredClone(request) as unknown as JsonObject;
}

function startOf(from: NonNullable<Job['spec']['from']>): object {
  const { mode } = from;
  if (from.model !== undefined) return { model: `${from.model.name}@${from.model.version}`, mode };
  return { job: from.job, checkpoint: from.checkpoint?.epoch ?? 'last', mode };
}
