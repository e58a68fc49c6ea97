/** The recipe `fine-tune`: the head alone first, then all layers at discriminative rates. */

import type { PhaseRequest } from '../jobs/phases.js';
import { fromShortForm } from '../json-schema/short-form.js';
import { type NormalizationSpec, type OptimizerRequest, resolveOptimizer } from '../training/training-options.js';
import type { JobFromRequest } from './job-from.js';

const EPOCHS = 10;
/** Share of the epochs in which the head trains alone: at least one epoch. */
const HEAD_SHARE = 0.2;
/** Minimum number of epochs: one for each phase. */
export const FEWEST_RECIPE_EPOCHS = 2;
const BATCH_SIZE = 64;
/** AdamW at the rates of fast.ai's `fine_tune` (Howard & Gugger 2020, arXiv:2002.04688): the second phase at half the rate. */
const OPTIMIZER = { name: 'adamw', learningRate: 0.002, weightDecay: 0.01 } as const;
const SECOND_RATE = 0.5;
/** Three quarters of the rate for each stage farther from the head: a quarter for the stem of a ResNet. Half of it trained too little. */
const LAYER_DECAY = 0.75;
/** Share of a phase in which the learning rate rises. */
const WARMUP_SHARE = 0.25;

/** Fields that the recipe sets and a request with it must leave out. */
export const FIELDS_OF_RECIPE = ['phases', 'freeze', 'headRate', 'layerDecay', 'batchNorm'] as const;

/**
 * Returns the request with every setting of the recipe written out. Fields of the request come first: a learning rate is that of the first
 * phase, a schedule spans each phase. `normalization` is that of the starting point in numbers.
 */
export function withRecipe(body: JobFromRequest, normalization: NormalizationSpec): JobFromRequest {
  const { epochs = EPOCHS, batchSize = BATCH_SIZE, schedule } = body;
  const optimizer = resolveOptimizer(overRecipe(body.optimizer));
  const headEpochs = Math.max(1, Math.round(HEAD_SHARE * epochs));
  const phase = (length: number, learningRate: number): PhaseRequest => {
    const warmupEpochs = WARMUP_SHARE * length;
    return { epochs: length, learningRate, schedule: schedule ?? { name: 'cosine', warmupEpochs } };
  };
  return {
    ...{ emaDecay: null, earlyStopping: null, maxSeconds: null, microBatchSize: batchSize, normalization },
    ...body,
    ...{ epochs, batchSize, optimizer },
    phases: [
      { ...phase(headEpochs, optimizer.learningRate), freeze: 'backbone', batchNorm: 'frozen' },
      { ...phase(epochs - headEpochs, SECOND_RATE * optimizer.learningRate), layerDecay: LAYER_DECAY },
    ],
  };
}

/** Returns the optimizer of a request; without a name, or with the recipe's, over the recipe's own options. */
function overRecipe(choice: JobFromRequest['optimizer'] = {}): OptimizerRequest {
  const over: OptimizerRequest = fromShortForm(choice);
  const isOwn = over.name === undefined || over.name === OPTIMIZER.name;
  return isOwn ? ({ ...OPTIMIZER, ...over } as OptimizerRequest) : over;
}
