/** Work of a training in floating-point operations, and the time that a worker needs for it. */

/**
 * Work of one run of a graph in floating-point operations, with the memory it moves converted to operations: for each image, and once
 * a run. `nodes` is the number of nodes that run.
 */
export type RunWork = Readonly<{ perImage: number; perRun: number; nodes: number }>;

/**
 * Work of a training step of one micro batch, and of scoring a batch. A run with several phases also has the work of a step in each of them:
 * `step` is their mean.
 */
export type TrainingWork = Readonly<{ step: RunWork; scoring: RunWork; phases?: readonly RunWork[] }>;

/** Returns the work in a phase, by its index from 0. */
export const workInPhase = ({ step, scoring, phases }: TrainingWork, index: number): TrainingWork => ({
  step: phases?.[index] ?? step,
  scoring,
});

/** Seconds to start a node of a graph. */
const SECONDS_PER_NODE = 30e-6;

/** Returns the seconds that a worker of this speed, in operations a second, needs for one run over `images`. */
export const workSeconds = ({ perImage, perRun, nodes }: RunWork, images: number, speed: number): number =>
  operationsOf({ perImage, perRun }, images) / speed + overheadOf(nodes);

/** Returns the speed in operations a second of a worker that needed `seconds` for one run over `images`. */
export const speedOf = ({ perImage, perRun, nodes }: RunWork, images: number, seconds: number): number =>
  operationsOf({ perImage, perRun }, images) / Math.max(seconds / 2, seconds - overheadOf(nodes));

const operationsOf = ({ perImage, perRun }: Pick<RunWork, 'perImage' | 'perRun'>, images: number): number =>
  images * perImage + perRun;
const overheadOf = (nodes: number): number => SECONDS_PER_NODE * nodes;
