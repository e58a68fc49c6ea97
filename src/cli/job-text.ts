/** Sentences and facts about a job, its plan and its end. */
import { rangeText } from '../wording/time-text.js';
import { bytesText, counted, countText, lossText, percent, shortId } from './output/numbers-text.js';
import { sparkline } from './output/sparkline.js';
import { bestEpoch, type RunState } from './run-state.js';
import type { FrameOf, Job, JobPlan, JobSpec } from './service-types.js';

type Fact = readonly [name: string, value: string | undefined];

/** Returns the facts about a job before it trains: network, data, plan. */
export const planFacts = ({ spec, parameters, memory, steps, estimate }: JobPlan): Fact[] => [
  ['network', `${networkText(spec)}, ${countText(parameters)} parameters`],
  ['data', dataText(spec)],
  [
    'plan',
    `${counted(spec.epochs, 'epoch')} of ${counted(Math.round(steps / spec.epochs), 'step')}, batches of ${spec.batchSize}`,
  ],
  ['', `${optimizerText(spec)}, ${spec.precision}`],
  ...phaseFacts(spec),
  ['memory', bytesText(memory.totalBytes)],
  ['time', estimate && rangeText(estimate.seconds)],
  ['', estimate && `${rangeText(estimate.epochSeconds)} an epoch`],
  ['', estimate?.explanation],
];

/** Returns the same without what only a plan knows. */
export const specFacts = (spec: JobSpec): Fact[] => [
  ['network', networkText(spec)],
  ['data', dataText(spec)],
  ['plan', `${counted(spec.epochs, 'epoch')}, batches of ${spec.batchSize}, ${optimizerText(spec)}, ${spec.precision}`],
  ...phaseFacts(spec),
];

/** Returns `resnet (width 16, blocks 1-1-1)`. */
function networkText({ network, networkOptions }: JobSpec): string {
  const { width, blocks, growth, variant } = networkOptions as Record<string, unknown>;
  const parts = [
    typeof variant === 'string' && variant !== 'tutorial' ? variant : undefined,
    width === undefined ? undefined : `width ${width}`,
    growth === undefined ? undefined : `growth ${growth}`,
    Array.isArray(blocks) ? `blocks ${blocks.join('-')}` : undefined,
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? network : `${network} (${parts.join(', ')})`;
}

function dataText({ dataset }: JobSpec): string {
  const { name, resize, trainSamples, testSamples, validationSamples } = dataset;
  const validation = validationSamples ? `, ${countText(validationSamples)} validation` : '';
  return `${name}: ${countText(trainSamples)} train${validation}, ${countText(testSamples)} test images at ${resize} px`;
}

function optimizerText({ optimizer, schedule }: JobSpec): string {
  return `${optimizer.name} ${optimizer.learningRate}${schedule.name === 'constant' ? '' : `, ${schedule.name}`}`;
}

/** Returns a fact for each phase: its epochs, what it trains and its learning rate; for a run without phases the frozen layers, if any. */
function phaseFacts({ phases, freeze }: JobSpec): Fact[] {
  if (phases === undefined) return freeze ? [['frozen', frozenText(freeze)]] : [];
  return phases.map((phase, i) => {
    const trained = phase.freeze === null ? 'all layers train' : `frozen: ${frozenText(phase.freeze)}`;
    const decay = phase.layerDecay === 1 ? '' : `, × ${phase.layerDecay} a stage`;
    return [`phase ${i + 1}`, `${counted(phase.epochs, 'epoch')}, rate ${phase.learningRate}${decay}, ${trained}`];
  });
}

const frozenText = (freeze: string): string => (freeze === 'backbone' ? 'all but the head' : `up to ${freeze}`);

/** Returns the sentence about the end of a job. */
export function endText({ status, reason, error }: FrameOf<'end'> | Job): string {
  const why = error?.message ?? reason?.message;
  return why === undefined ? `${status}.` : `${status}: ${why}`;
}

/** Returns the reference of a job's model. */
export const modelText = (model: Readonly<{ name: string; version: number }> | undefined): string | undefined =>
  model && `${model.name}@${model.version}`;

/** Returns the facts about a run that has ended. */
export function resultFacts(state: RunState): Fact[] {
  const { scores, end } = state;
  const losses = lossesOf(state);
  const model = modelText(end?.model ?? state.job.model);
  const best = bestEpoch(state);
  const last = scores.at(-1);
  return [
    [
      'loss',
      losses.length > 1
        ? `${sparkline(
            losses.map((loss) => loss ?? Number.NaN),
            40,
          )} ${lossText(losses[0])} to ${lossText(losses.at(-1))}`
        : undefined,
    ],
    ['best epoch', best && `${best.epoch}: ${scoreText(best)}`],
    ['last epoch', last && best?.epoch !== last.epoch ? `${last.epoch}: ${scoreText(last)}` : undefined],
    ['model', model],
    ['predict', model && `trainyard predict <image> --model ${model}`],
  ];
}

/** Returns the training losses of the epochs; with fewer than two epochs, the losses of the steps. */
const lossesOf = ({ scores, losses }: RunState): readonly (number | null | undefined)[] =>
  scores.length > 1 ? scores.map(({ trainLoss }) => trainLoss) : losses;

function scoreText({
  testAccuracy,
  testTop5Accuracy,
  validationAccuracy,
  validationMacroF1,
}: FrameOf<'epoch'>): string {
  const scores = [
    ['validation accuracy', validationAccuracy],
    ['macro-F1', validationMacroF1],
    ['test accuracy', testAccuracy],
    ['top 5', testTop5Accuracy],
  ] as const;
  return scores.flatMap(([name, share]) => (share === undefined ? [] : [`${name} ${percent(share)}`])).join(', ');
}

/** Returns how far a job is, in a few words for a table. */
export function progressText(job: Job): string {
  const { progress, status, position, spec, scores } = job;
  if (status === 'queued' && position !== undefined) return `${position}. in the queue`;
  if (status === 'succeeded' && scores) return `${percent(scores.testAccuracy)} test accuracy`;
  if (job.error) return job.error.code;
  if (progress === undefined) return '';
  return `epoch ${Math.min(progress.epoch, spec.epochs)}/${spec.epochs}, step ${progress.step}/${progress.steps}`;
}

/** Returns how to come back to a job. */
export const comeBack = (id: string): string => `The job goes on. Follow it again: trainyard jobs watch ${shortId(id)}`;
