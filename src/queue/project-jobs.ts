/** Operations on the jobs of one project. For them, jobs of other projects do not exist. */
import type { Job, JobSpec } from '../contracts/jobs/job.js';
import type { JobMove } from '../contracts/jobs/job-move.js';
import type { JobChange } from '../contracts/jobs/live-change.js';
import type { CancelMode } from '../contracts/jobs/stop-reason.js';
import { jobsOfProject, type Redis } from '../events/index.js';
import type { Jobs } from './job-operations.js';
import type { Pauses } from './pause.js';
import { notFoundError } from './read-jobs.js';
import type { JobDetails, SubmissionKey } from './submit-job.js';

type ProjectJobsDeps = Readonly<{ jobs: Jobs; pauses: Pauses; redis: Redis }>;

export type ProjectJobs = ReturnType<typeof createProjectJobs>['jobs'];

/** Each operation on an id throws `job_not_found` for a job of another project, exactly as for an id that is no job. */
export function createProjectJobs({ jobs, pauses, redis }: ProjectJobsDeps, project: string) {
  const own = (ids: readonly string[]): Promise<readonly string[]> => jobsOfProject(redis, project, ids);
  const isOwn = async (id: string): Promise<boolean> => (await own([id])).length === 1;
  /** Returns an operation that requires the job to be in the project. */
  const onOwn =
    <Rest extends unknown[], Result>(operation: (id: string, ...rest: Rest) => Promise<Result>) =>
    async (id: string, ...rest: Rest): Promise<Result> => {
      if (!(await isOwn(id))) throw notFoundError(id);
      return operation(id, ...rest);
    };

  return {
    jobs: {
      /** Resolves with undefined if the project has no such job. */
      find: async (id: string): Promise<Job | undefined> => ((await isOwn(id)) ? jobs.find(id) : undefined),
      get: onOwn(jobs.get),
      log: onOwn(jobs.log),
      existing: async (ids: readonly string[]): Promise<ReadonlySet<string>> => jobs.existing(await own(ids)),
      /** Throws `job_not_found` for the first id that is no job of the project. */
      async requireAll(ids: readonly string[]): Promise<void> {
        const found = await jobs.existing(await own(ids));
        const missing = ids.find((id) => !found.has(id));
        if (missing !== undefined) throw notFoundError(missing);
      },
      list: (query: Omit<Parameters<Jobs['list']>[0], 'project'>) => jobs.list({ ...query, project }),
      counts: () => jobs.counts(project),
      submitOnce: (spec: JobSpec, details: Omit<JobDetails, 'project'> = {}, once?: Omit<SubmissionKey, 'project'>) =>
        jobs.submitOnce(spec, { ...details, project }, once && { ...once, project }),
      replay: (once: Omit<SubmissionKey, 'project'>) => jobs.replay({ ...once, project }),
      change: onOwn((id, change: JobChange) => jobs.change(id, change)),
      move: onOwn((id, target: JobMove) => jobs.move(id, target)),
      remove: onOwn(jobs.remove),
      cancel: onOwn((id, mode?: CancelMode) => jobs.cancel(id, mode)),
    },
    pauses: { pause: onOwn(pauses.pause), resume: onOwn(pauses.resume) } satisfies Pauses,
  };
}
