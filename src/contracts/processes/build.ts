/** What the API has a builder process build: networks and training graphs, symbolically. */
import type { DatasetInfo } from '../datasets/dataset.js';
import type { JobSpec } from '../jobs/job.js';
import type { TrainingMemory } from '../networks/memory-estimate.js';
import type { Architecture, NetworkInfo, NetworkSummary } from '../networks/network.js';

type Image = Readonly<{ channels: number; height: number; width: number }>;
/** A job that is normalized by its data set needs the mean and the deviation. */
type Source = Image & Partial<Pick<DatasetInfo, 'mean' | 'std'>>;

/** Each kind of build with its command and its answer. */
export type Builds = Readonly<{
  /** Every network with its variants. */
  describe: Readonly<{ command: Readonly<Record<never, never>>; answer: NetworkInfo[] }>;
  summary: Readonly<{
    command: Readonly<{ architecture: Architecture; input: Image; classes: number }>;
    answer: NetworkSummary;
  }>;
  /** The memory that training the job needs. */
  memory: Readonly<{
    command: Readonly<{ spec: JobSpec; image: Source; classes: number }>;
    answer: TrainingMemory;
  }>;
  /** What is wrong with a job that does not fit into `bytes`; undefined if it fits. */
  shortage: Readonly<{
    command: Readonly<{ spec: JobSpec; image: Source; classes: number; bytes: number; holder: string }>;
    answer: string | undefined;
  }>;
}>;
export type Build = keyof Builds;

export type BuildCommand = {
  [Type in Build]: Readonly<{ type: Type }> & Builds[Type]['command'];
}[Build];
