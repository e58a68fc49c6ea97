/** Commands to the builder process, which builds networks and training graphs symbolically, and their answers. */
import type { DatasetInfo } from '../datasets/dataset.js';
import type { JobSpec } from '../jobs/job.js';
import type { PlannedChange } from '../jobs/live-change.js';
import type { TrainingMemory } from '../networks/memory-estimate.js';
import type { Architecture, NetworkInfo, NetworkSummary } from '../networks/network.js';
import type { TrainingWork } from '../networks/training-work.js';
import type { LearningRatePoint } from '../submission/job-plan.js';

type Image = Readonly<{ channels: number; height: number; width: number }>;
/** Image size, with the data set's mean and standard deviation if the network normalizes by them. */
type NormalizedImage = Image & Partial<Pick<DatasetInfo, 'mean' | 'std'>>;

/** Largest memory that a job may take, in bytes. `holder` names in messages who has this memory, for example `the largest worker`. */
export type MemoryLimit = Readonly<{ bytes: number; holder: string }>;

/** Size of a job's training: parameters, memory and work. */
export type TrainingPlan = Readonly<{
  /** Trainable parameters of the network. */
  parameters: number;
  /** Minimum number of pixels of an image over which a BatchNorm computes its statistics. */
  normalizedPixels: number;
  memory: TrainingMemory;
  work: TrainingWork;
  learningRate: readonly LearningRatePoint[];
  /** Largest batch within the memory limit and the training images, or with micro batches the largest micro batch. 0 if not even one image fits. */
  largestBatchSize?: number;
  /** Message for a job that exceeds the memory limit. Absent if the job fits. */
  shortage?: string;
}>;

/** Each kind of build with its command and its answer. */
export type Builds = Readonly<{
  /** Lists every network with its variants. */
  describe: Readonly<{ command: Readonly<Record<never, never>>; answer: NetworkInfo[] }>;
  /** Lists the layers of a network. */
  summary: Readonly<{
    command: Readonly<{ architecture: Architecture; input: Image; classes: number }>;
    answer: NetworkSummary;
  }>;
  /** Lists the layers, at every depth, up to which a network can be frozen. */
  layers: Readonly<{ command: Readonly<{ architecture: Architecture }>; answer: string[] }>;
  /** Builds the training graph of a job and returns the parameters and memory that it needs. */
  plan: Readonly<{
    command: Readonly<{
      spec: JobSpec;
      image: NormalizedImage;
      classes: number;
      limit?: MemoryLimit;
      changes?: readonly PlannedChange[];
    }>;
    answer: TrainingPlan;
  }>;
}>;
export type Build = keyof Builds;

export type BuildCommand = {
  [Type in Build]: Readonly<{ type: Type }> & Builds[Type]['command'];
}[Build];

/** Answer of the builder. `graphs` is the number of graphs that it built for this answer: 0 if the answer was memoized. */
export type BuildAnswer = Readonly<{ answer: Builds[Build]['answer']; graphs: number }>;
