/** Evaluations of a version on data sets, read again while one of them runs. */
import type { DatasetEvaluation } from 'trainyard';
import { type Resource, useResource } from './resource.js';
import { client } from './service.js';

/** Interval between two reads while an evaluation is queued or runs, and while none is. */
const RUNNING_MS = 1_000;
const IDLE_MS = 15_000;

/** Whether an evaluation waits or runs. */
export const isOpen = ({ endedAt }: DatasetEvaluation): boolean => endedAt === undefined;

/** Lists the evaluations of a version, newest first. */
export const useEvaluations = (name: string, version: number): Resource<DatasetEvaluation[]> =>
  useResource((signal) => client.evaluations.list(name, version, { signal }).all(), [name, version], {
    key: `model-evaluations/${name}/${version}`,
    everyMs: (latest = []) => (latest.some(isOpen) ? RUNNING_MS : IDLE_MS),
  });

/** Reads one evaluation until it has ended or is gone. */
export const useEvaluation = (name: string, version: number, id: string) =>
  useResource((signal) => client.evaluations.get({ id, model: { name, version } }, { signal }), [name, version, id], {
    key: `model-evaluations/${name}/${version}/${id}`,
    everyMs: (latest) => (latest === undefined ? IDLE_MS : isOpen(latest) ? RUNNING_MS : undefined),
  });
