/** Orders in which `GET /jobs` lists jobs. */

/** Fields by which the service keeps jobs sorted. */
export const JOB_SORT_FIELDS = [
  'created',
  'name',
  'dataset',
  'network',
  'learningRate',
  'batchSize',
  'bestAccuracy',
  'validationAccuracy',
  'testAccuracy',
  'trainLoss',
  'duration',
  'ended',
  'position',
] as const;
export type JobSortField = (typeof JOB_SORT_FIELDS)[number];
export type JobSort = JobSortField | `-${JobSortField}`;
