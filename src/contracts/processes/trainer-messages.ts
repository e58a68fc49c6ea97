/** IPC messages between the worker and its trainers, and between the API and its predictors. */

import type { TrainerEvent } from '../jobs/frame.js';
import type { JobSpec } from '../jobs/job.js';
import type { LiveChange } from '../jobs/live-change.js';
import type { Failure } from '../jobs/outcome.js';
import type { EndReason } from '../jobs/stop-reason.js';
import type { ModelSpec, Preprocessing } from '../models/model.js';
import type { ModelReference } from '../references/model-reference.js';
import type { Precision } from '../training/training-options.js';

/** Makes a child process test whether it can compute, answer and exit. Replaces the first command. */
export type CheckCommand = Readonly<{ type: 'check' }>;
/** `operationsPerSecond` is the speed that a trainer measured. Absent if it could not, and from a predictor. */
export type CheckMessage =
  | Readonly<{ type: 'checked'; operationsPerSecond?: number }>
  | Readonly<{ type: 'failed'; error: Failure }>;

/**
 * Worker → trainer. The first message is `train` or `check`. The others take effect at the next step:
 * - `cancel` ends the attempt.
 * - `keep` saves the best weights and ends the attempt. The trainer confirms at once with `keeping`.
 * - `stop` writes a checkpoint and ends the attempt. The job can continue later.
 * - `change` applies a live change.
 */
export type TrainerCommand =
  | Readonly<{
      type: 'train';
      jobId: string;
      spec: JobSpec;
      attempt: number;
      datasetsDir: string;
      /** Folder of imported data sets. Absent if there is none. */
      importedDir?: string | undefined;
      modelsDir: string;
      checkpointsDir: string;
      /** Seconds between two checkpoints within an epoch. 0: only at the end of each epoch. */
      checkpointSeconds: number;
      /** Number of latest epochs of which the trainer keeps the checkpoint at the end. */
      checkpointsKept: number;
      /** Largest memory that the trainer may use, in bytes. Default: no check. */
      memoryBytes?: number;
      /** Whether TensorFlow must compute on a GPU. */
      expectsGpu?: boolean;
      /** Live changes so far, by number. Default: none. */
      changes?: readonly LiveChange[];
    }>
  | CheckCommand
  | Readonly<{ type: 'change'; change: LiveChange }>
  | Readonly<{ type: 'cancel' }>
  | Readonly<{ type: 'keep' }>
  | Readonly<{ type: 'stop' }>;

/**
 * Phase of a trainer: loads its data and checkpoint, runs its first step, runs further steps, scores, or writes checkpoints and the
 * model. Only `training` has a known duration: that of a step.
 */
export type TrainerPhase = 'starting' | 'compiling' | 'training' | 'evaluating' | 'storing';

/** Heartbeat of a trainer: its phase, and the duration of its longest recent step in ms. */
export type Beat = Readonly<{ phase: TrainerPhase; longestStepMs: number }>;

/**
 * Trainer → worker. The last message is exactly one of `trained`, `cancelled`, `stopped` and `failed`; a trainer that exits without
 * one has crashed. The worker logs a `warning`. `keeping` confirms `keep`. `at` is the ISO time at which the trainer sent the event.
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

/** Libraries that run the graph of a stored model. */
export const GRAPH_RUNTIMES = ['tensorflow', 'onnxruntime'] as const;
export type GraphRuntime = (typeof GRAPH_RUNTIMES)[number];

/** The part of a manifest from which a predictor builds the graph of class activation maps. `classes`: their number. */
export type ExplainedModel = Readonly<{
  spec: Pick<ModelSpec, 'network' | 'networkOptions' | 'dataset'>;
  preprocessing: Preprocessing;
  classes: number;
}>;

/** API → predictor. `pixels` are images × height × width × channels bytes, prepared by the preprocessing in the manifest. */
export type PredictorCommand = Readonly<{
  type: 'predict';
  id: number;
  /** `explainer`: TensorFlow with the graph of class activation maps, which is built from the weights file. */
  runtime: GraphRuntime | 'explainer';
  /** Graph file, in the runtime's own format. For `explainer` the weights file. */
  path: string;
  /** Expected SHA-256 of that file. */
  sha256: string;
  /** Absolute path and SHA-256 of the model's golden predictions. Absent if the model has none. */
  golden?: Readonly<{ path: string; sha256: string }> | undefined;
  /** Precision of the training. Selects the tolerance of the comparison with the golden predictions. */
  precision: Precision;
  shape: readonly [images: number, height: number, width: number, channels: number];
  pixels: Uint8Array;
  /** Only for `explainer`: the model, and the class index of each image whose map is wanted. */
  explained?: ExplainedModel | undefined;
  targets?: Int32Array | undefined;
}>;

/** API → predictor: unload the graph with this path and SHA-256. The predictor answers `unloaded` when the memory is free. */
export type UnloadCommand = Readonly<{ type: 'unload'; id: number; path: string; sha256: string }>;

/** Outputs of a model's graph, images × classes numbers each. */
export type Outputs = Readonly<{ probabilities: Float32Array; logits: Float32Array; maps?: ActivationMaps }>;

/**
 * Class activation maps: images × height × width contributions to the logit of each image's target class. The mean of a map plus the
 * bias of its class is that logit.
 */
export type ActivationMaps = Readonly<{
  height: number;
  width: number;
  values: Float32Array;
  /** Bias of each image's target class. */
  biases: Float32Array;
}>;

/** Graph in the memory of a predictor process. `bytes` estimates the memory that it needs. */
export type LoadedGraph = Readonly<{ path: string; sha256: string; bytes: number }>;

/**
 * Predictor → API. The predictor sends `ready` once, after it has loaded ONNX Runtime. `loaded` lists the graphs in memory if they have
 * changed since the last message.
 */
export type PredictorMessage =
  | Readonly<{ type: 'ready' }>
  | Readonly<{ type: 'predicted'; id: number; outputs: Outputs; loaded?: readonly LoadedGraph[] }>
  | Readonly<{ type: 'unloaded'; id: number; loaded?: readonly LoadedGraph[] }>
  | Readonly<{ type: 'failed'; id: number; error: Failure; loaded?: readonly LoadedGraph[] }>;
