/** Commands to the builder process, which builds networks and training graphs symbolically, and their answers. */
import type { DatasetInfo } from '../datasets/dataset.js';
import type { JobSpec } from '../jobs/job.js';
import type { TrainingMemory } from '../networks/memory-estimate.js';
import type { Architecture, NetworkInfo, NetworkSummary } from '../networks/network.js';

type Image = Readonly<{ channels: number; height: number; width: number }>;
/** Normalisation by the data set needs its mean and standard deviation. */
type NormalizedImage = Image & Partial<Pick<DatasetInfo, 'mean' | 'std'>>;

/** Memory that a job may take, and its owner for messages, as `the largest worker`. */
export type MemoryLimit = Readonly<{ bytes: number; holder: string }>;

/** What a job's training takes. */
export type TrainingPlan = Readonly<{
  /** Trainable parameters of the network. */
  parameters: number;
  /** Fewest pixels of an image over which a BatchNorm computes its statistics. */
  normalizedPixels: number;
  memory: TrainingMemory;
  /** What is wrong with a job that exceeds the memory limit; absent if it fits. */
  shortage?: string;
}>;

/** Each kind of build with its command and its answer. */
export type Builds = Readonly<{
  /** Every network with its variants. */
  describe: Readonly<{ command: Readonly<Record<never, never>>; answer: NetworkInfo[] }>;
  /** The layers of a network. */
  summary: Readonly<{
    command: Readonly<{ architecture: Architecture; input: Image; classes: number }>;
    answer: NetworkSummary;
  }>;
  /** What the training of a job takes, from its graph. */
  plan: Readonly<{
    command: Readonly<{ spec: JobSpec; image: NormalizedImage; classes: number; limit?: MemoryLimit }>;
    answer: TrainingPlan;
  }>;
}>;
export type Build = keyof Builds;

export type BuildCommand = {
  [Type in Build]: Readonly<{ type: Type }> & Builds[Type]['command'];
}[Build];

/** An answer of the builder, with the number of graphs that it built for it; 0 if it was memoized. */
export type BuildAnswer = Readonly<{ answer: Builds[Build]['answer']; graphs: number }>;
