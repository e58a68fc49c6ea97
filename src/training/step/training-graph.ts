/** Graph of a training run: preprocessing, network, loss, gradients and update; evaluation; access to the variables. */
import type { JobSpec } from '../../contracts/jobs/job.js';
import { type Border, type Device, Graph, type GraphOptions, type Tensor, type Variable } from '../../graph/graph.js';
import { countCorrect, mixedCrossEntropy, softmaxCrossEntropy, weightedLoss } from '../../graph/loss.js';
import { cast, decodeBytes, mean } from '../../graph/ops.js';
import { buildNetwork, isBackbone, stagesOf } from '../../networks/index.js';
import { type LayerRates, rateFactors } from './layer-rates.js';
import { type ImageSource, type InputSpec, trainingInput } from './preprocessing.js';
import { type StepSpec, type TrainingStep, trainingStep } from './training-step.js';

/**
 * Layers that are not trained: `backbone` (all but the head), or all up to the end of the layer or module of this name. `batchNorm`: whether BatchNorm uses and
 * moves its statistics of the batch, or keeps its running statistics. Default: no layer is frozen.
 */
export type FreezeSpec = Readonly<{ freeze?: string | null; batchNorm?: 'trained' | 'frozen' }>;

/** The part of a job that determines its training graph. */
export type ProgramSpec = Pick<
  JobSpec,
  'network' | 'networkOptions' | 'seed' | 'labelSmoothing' | 'precision' | 'classWeights'
> &
  StepSpec &
  InputSpec &
  FreezeSpec &
  LayerRates;

/** Placeholder of a graph whose loss has weights: N float32, the weight of each image. */
export const IMAGE_WEIGHTS = 'image_weights';

/** A training graph with the tensors to fetch from it, and the variables that keep their values between steps. */
export type TrainingGraph = Readonly<{
  graph: Graph;
  roots: readonly Tensor[];
  variables: readonly Variable[];
  numbers: TrainingStep['numbers'];
}>;

/**
 * Builds the graph. A step's loss has smoothed labels, the evaluation's has not. It is fed with `images` (one string with
 * N × height × width × channels bytes) and `labels` (N int32).
 */
export function buildTrainingGraph(
  spec: ProgramSpec,
  image: ImageSource,
  classes: number,
  device: Device = 'cpu',
): TrainingGraph {
  const stages = stagesOf(spec);
  const graph = new Graph({ seed: spec.seed, device, ...freezing(spec, stages) });
  const bytes = graph.placeholder('images', 'string', []);
  const labels = graph.placeholder('labels', 'int32', [-1]);
  const pixels = decodeBytes(bytes, [image.height, image.width, image.channels]);
  const { images, share, plain } = trainingInput(pixels, spec, image);
  const logitsOf = (input: Tensor): Tensor => cast(buildNetwork(spec, cast(input, spec.precision), classes), 'float32');

  graph.phase = 'training';
  const logits = logitsOf(images);
  const mixed = share === undefined ? {} : { share };
  const losses = mixedCrossEntropy(logits, labels, { smoothing: spec.labelSmoothing, ...mixed });
  const weights = spec.classWeights && graph.placeholder(IMAGE_WEIGHTS, 'float32', [-1]);
  const loss = mean(weights ? weightedLoss(losses, weights, share) : losses);
  const correct = countCorrect(logits, labels, 'train_correct');
  const step = trainingStep(loss, spec, rateFactors(graph.variablesOf('parameter'), stages, spec));

  graph.phase = 'evaluation';
  const testLogits = logitsOf(plain);
  const testLoss = mean(softmaxCrossEntropy(testLogits, labels));
  const evaluated = graph.op('Identity', [testLoss], { T: 'float32' }, [], { name: 'test_loss' });
  const outputs = graph.op('Identity', [testLogits], { T: 'float32' }, testLogits.shape, { name: 'logits' });

  const variables = [...graph.variables.values()].filter(({ role }) => role !== 'sum');
  const roots = [...step.roots, correct, evaluated, countCorrect(testLogits, labels, 'test_correct'), outputs];
  return { graph, roots: [...roots, ...stateAccess(graph, variables)], variables, numbers: step.numbers };
}

/** Returns the options of a graph with these layers frozen. The last of `stages` is the head. */
export function freezing({ freeze, batchNorm }: FreezeSpec, stages: readonly string[]): GraphOptions {
  return { frozenStatistics: batchNorm === 'frozen', ...(freeze && { frozenUntil: borderOf(freeze, stages) }) };
}

const borderOf = (freeze: string, stages: readonly string[]): Border =>
  isBackbone(freeze, stages) ? { layer: stages.at(-1) ?? '', side: 'before' } : { layer: freeze, side: 'after' };

/**
 * Adds access to the variables: `init` sets their initial values, `restore` sets them to the values fed to `restore/<name>`, and
 * `restore_weights` does so for all but the slots. `readOf` names the fetch of a value.
 */
function stateAccess(graph: Graph, variables: readonly Variable[]): Tensor[] {
  const assign = (variable: Variable, value: Tensor) =>
    graph.op('AssignVariableOp', [variable.handle, value], { dtype: 'float32' }, []);
  const fed = (variable: Variable) => graph.placeholder(`restore/${variable.name}`, 'float32', variable.shape);
  const done = (name: string, controls: readonly Tensor[]) =>
    graph.op('Identity', [graph.constant(1, 'float32')], { T: 'float32' }, [], { name, controls });
  const restored = variables.map((variable) => ({ variable, node: assign(variable, fed(variable)) }));
  const restore = (name: string, among: typeof restored) =>
    done(
      name,
      among.map(({ node }) => node),
    );
  return [
    done(
      'init',
      variables.map((variable) => assign(variable, variable.initial)),
    ),
    restore('restore', restored),
    restore(
      'restore_weights',
      restored.filter(({ variable }) => variable.role !== 'slot'),
    ),
    ...variables.map(({ value }) => value),
  ];
}
