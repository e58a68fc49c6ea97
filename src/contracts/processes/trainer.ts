/** What crosses the boundary between a supervisor and its child process, over Node's IPC channel. */

import type { TrainerEvent } from '../jobs/frame.js';
import type { JobSpec } from '../jobs/job.js';
import type { LiveChange } from '../jobs/live-change.js';
import type { Failure } from '../jobs/outcome.js';
import type { EndReason } from '../jobs/stop-reason.js';
import type { ModelReference } from '../references/model-reference.js';
import type { Precision } from '../training/training-options.js';

/** Asks a child process to prove that it can compute, and to exit: in the place of its first command. */
export type CheckCommand = Readonly<{ type: 'check' }>;
export type CheckMessage = Readonly<{ type: 'checked' }> | Readonly<{ type: 'failed'; error: Failure }>;

/**
 * Worker → trainer. The first message is `train`; `cancel` asks it to end at the next step, `keep` to save its best weights
 * first, which it answers at once; `stop` to checkpoint there: the job goes on later. `change` has values change there.
 */
export type TrainerCommand =
  | Readonly<{
      type: 'train';
      jobId: string;
      spec: JobSpec;
      attempt: number;
      datasetsDir: string;
      /** Absent: no data set was imported. */
      importedDir?: string | undefined;
      modelsDir: string;
      checkpointsDir: string;
      /** Between two checkpoints within an epoch; 0: only at its end. */
      checkpointSeconds: number;
      /** Epochs whose ends are kept, the latest. */
      checkpointsKept: number;
      /** What the trainer may use; not checked where it is left out. */
      memoryBytes?: number;
      /** Whether TensorFlow is to compute on a GPU. */
      expectsGpu?: boolean;
      /** In the order of their numbers. Default: none. */
      changes?: readonly LiveChange[];
    }>
  | CheckCommand
  | Readonly<{ type: 'change'; change: LiveChange }>
  | Readonly<{ type: 'cancel' }>
  | Readonly<{ type: 'keep' }>
  | Readonly<{ type: 'stop' }>;

/**
 * What a trainer is doing: loading its data and checkpoint, its first step, steps, scoring, or writing checkpoints and the model. Only
 * of steps is it known how long they take.
 */
export type TrainerPhase = 'starting' | 'compiling' | 'training' | 'evaluating' | 'storing';

/** A sign of life of a trainer: its phase, and how long the longest of its recent steps took. */
export type Beat = Readonly<{ phase: TrainerPhase; longestStepMs: number }>;

/**
 * Trainer → worker. Exactly one of the last four ends it; a trainer that exits without one has died. `warning` is for the log; `keeping`
 * says that it lives and will save what it has; `at` is when the event was told, an ISO time.
 */
export type TrainerMessage =
  | Readonly<{ type: 'event'; event: TrainerEvent; at?: string }>
  | Readonly<{ type: 'beat' } & Beat>
  | Readonly<{ type: 'warning'; message: string }>
  | Readonly<{ type: 'keeping' }>
  | Readonly<{ type: 'trained'; model: ModelReference; reason?: EndReason }>
  | Readonly<{ type: 'cancelled'; model?: ModelReference; reason?: EndReason }>
  | Readonly<{ type: 'stopped' }>
  | Readonly<{ type: 'failed'; error: Failure }>;

/** What computes the answers of a stored model. */
export const GRAPH_RUNTIMES = ['tensorflow', 'onnxruntime'] as const;
export type GraphRuntime = (typeof GRAPH_RUNTIMES)[number];

/** API → predictor. `pixels` is images × height × width × channels bytes, as the manifest's preprocessing says. */
export type PredictorCommand = Readonly<{
  type: 'predict';
  id: number;
  runtime: GraphRuntime;
  /** The file of the graph, in the runtime's own format. */
  path: string;
  /** Its expected SHA-256. */
  sha256: string;
  /** The model's golden predictions, by the absolute path of their file; models of before there were any have none. */
  golden?: Readonly<{ path: string; sha256: string }> | undefined;
  /** Decides how near to them it has to come. */
  precision: Precision;
  shape: readonly [images: number, height: number, width: number, channels: number];
  pixels: Uint8Array;
}>;

/** API → predictor: what has this graph in memory gives it up. */
export type UnloadCommand = Readonly<{ type: 'unload'; id: number; path: string; sha256: string }>;

/** What a model's graph answers, images × classes numbers each. */
export type Outputs = Readonly<{ probabilities: Float32Array; logits: Float32Array }>;

/** A graph in the memory of a predictor process, with what it needs of it. */
export type LoadedGraph = Readonly<{ path: string; sha256: string; bytes: number }>;

/** Predictor → API. `ready` once, after the runtime of most models is loaded; `loaded` where other graphs are than were before. */
export type PredictorMessage =
  | Readonly<{ type: 'ready' }>
  | Readonly<{ type: 'predicted'; id: number; outputs: Outputs; loaded?: readonly LoadedGraph[] }>
  | Readonly<{ type: 'unloaded'; id: number; loaded?: readonly LoadedGraph[] }>
  | Readonly<{ type: 'failed'; id: number; error: Failure; loaded?: readonly LoadedGraph[] }>;
