/** Forecasts of training rates as ranges: measured ones, or computed from the work of the network and the rate of the worker. */
import type { EstimateBasis } from '../contracts/jobs/time-estimate.js';
import { type RunWork, type TrainingWork, workInPhase, workSeconds } from '../contracts/networks/training-work.js';
import type { WorkerInfo } from '../contracts/service/live-worker.js';
import { type MeasuredRate, meanOf, type Rates, ratedPhases } from './rates.js';

/** Seconds for each trained and each scored image, before the first step, and after the last epoch. */
export type Rate = Readonly<{ perTrainingImage: number; perEvaluatedImage: number; start: number; end: number }>;
/** The part of a rate that a job has once. */
type Edges = Pick<Rate, 'start' | 'end'>;

/** The low and high end of a range, and the most likely value. */
export const BOUNDS = ['low', 'mid', 'high'] as const;
export type Bound = (typeof BOUNDS)[number];
type RateRange = Readonly<Record<Bound, Rate>>;

/** `rates`: the rate in each phase of the run; of a run without phases there is one. */
export type Forecast = Readonly<{
  rates: Readonly<Record<Bound, readonly Rate[]>>;
  basis: EstimateBasis;
  explanation: string;
}>;

/** The part of a spec that determines its rates. */
type ForecastSpec = Parameters<typeof ratedPhases>[0];
/** Settings that determine the rate of a phase. */
type PhaseSpec = Parameters<Rates['measured']>[0];

type PhaseForecast = Readonly<{ rates: RateRange; basis: EstimateBasis; explanation: string }>;
/** A forecast for one kind of worker. */
type KindForecast = PhaseForecast & Readonly<{ worker: WorkerInfo }>;

/** Allowance around measured rates: other processes on the machine change them. */
const MEASURED_RANGE = { low: 0.85, mid: 1, high: 1.25 } as const;
/**
 * Allowance around computed rates. `npm run bench:estimates` compares them with real trainings of ResNets and DenseNets on two CPU cores.
 * A rate that was measured in float32 says little about the one in bfloat16.
 */
const COMPUTED_RANGE = {
  float32: { low: 0.6, mid: 1, high: 1.8 },
  bfloat16: { low: 0.2, mid: 0.6, high: 1.8 },
} as const;
/** Allowance around a computed start and end of a job. */
const COMPUTED_EDGES = { low: 0.4, mid: 1, high: 2.5 } as const;

/** Seconds to start a trainer, load TensorFlow and the data. */
const START_SECONDS = 2.5;
/** Seconds that TensorFlow needs before the first step for each node of the graph. */
const START_SECONDS_PER_NODE = 0.003;
/** Seconds to score the test images for the evaluation, and to store the model. */
const END_SECONDS = 2;

/**
 * Forecasts the rates of a job. The range covers all live workers, since any of them may take the job.
 *
 * If a phase was never measured, a running job's latest steps give its rate, and also the rates of the current and the earlier phases.
 * Without such steps a phase needs a live worker of a kind that has trained such a phase, or that has measured its own speed. Otherwise
 * the forecast is undefined.
 */
export async function forecast(
  spec: ForecastSpec,
  work: TrainingWork | undefined,
  live: readonly WorkerInfo[],
  rates: Pick<Rates, 'measured'>,
  own?: OwnSteps,
): Promise<Forecast | undefined> {
  const phases = await Promise.all(
    ratedPhases(spec).map((phase, i) => forecastPhase(phase, work && workInPhase(work, i), live, rates)),
  );
  const isMeasured = (phase: PhaseForecast | undefined) => phase?.basis === 'measured';
  const known =
    own === undefined || phases.every(isMeasured)
      ? phases
      : phases.map((phase, i) => (i > own.current && isMeasured(phase) ? phase : ownForecast(i, own, work)));
  const found = known.filter((each) => each !== undefined);
  return found.length < known.length ? undefined : joinPhases(found);
}

const joinPhases = (phases: readonly PhaseForecast[]): Forecast => ({
  rates: {
    low: phases.map(({ rates }) => rates.low),
    mid: phases.map(({ rates }) => rates.mid),
    high: phases.map(({ rates }) => rates.high),
  },
  ...basisOf(phases),
});

/** Returns the basis of several forecasts together: it is measured if each of them is. */
const basisOf = (all: readonly PhaseForecast[]): Pick<Forecast, 'basis' | 'explanation'> => ({
  basis: all.every(({ basis }) => basis === 'measured') ? 'measured' : 'computed',
  explanation: [...new Set(all.map(({ explanation }) => explanation))].join(' '),
});

async function forecastPhase(
  spec: PhaseSpec,
  work: TrainingWork | undefined,
  live: readonly WorkerInfo[],
  rates: Pick<Rates, 'measured'>,
): Promise<PhaseForecast | undefined> {
  const fit = live.filter(({ fault }) => fault === undefined);
  const measured = await rates.measured(spec, fit);
  const all = fit.map((worker, i): KindForecast | undefined => {
    const rate = measured[i];
    if (rate !== undefined)
      return { worker, ...measuredForecast(rate, computeEdges(spec, work, rate.perTrainingImage), worker) };
    return work && worker.operationsPerSecond !== undefined
      ? { worker, ...computedForecast(spec, work, worker, worker.operationsPerSecond) }
      : undefined;
  });
  return combine(all.filter((each) => each !== undefined));
}

/** Share of the work of a step that scoring takes, if the network is unknown. */
const SCORING_SHARE = 1 / 3;

/** Latest steps of a running job: their images per second, and the index of their phase from 0. */
export type OwnSteps = Readonly<{ imagesPerSecond: number; current: number }>;

/**
 * Forecasts the rate of a phase of a running job, by its index from 0, from the latest steps of the job. Phases after the current one are
 * computed: they take as much longer as their steps have more work.
 */
export function ownForecast(
  index: number,
  { imagesPerSecond, current }: OwnSteps,
  work: TrainingWork | undefined,
): PhaseForecast {
  const share = (of: RunWork | undefined, otherwise: number) =>
    work === undefined || of === undefined ? otherwise : of.perImage / workInPhase(work, current).step.perImage;
  const { step, scoring } = (work && workInPhase(work, index)) ?? {};
  const perTrainingImage = share(step, 1) / imagesPerSecond;
  const perEvaluatedImage = share(scoring, SCORING_SHARE) / imagesPerSecond;
  const rate = { perTrainingImage, perEvaluatedImage, start: 0, end: END_SECONDS };
  // The steps were measured in the precision of the job, so the wide range of bfloat16 is not needed.
  return index > current
    ? { rates: rangeOf(rate, COMPUTED_RANGE.float32), ...LATER }
    : { rates: rangeOf(rate, MEASURED_RANGE), ...OWN };
}

const OWN = { basis: 'measured', explanation: 'Measured in the latest steps of this run.' } as const;
const LATER = { basis: 'computed', explanation: 'Later phases are computed from the work of their steps.' } as const;

/** Returns the forecast of a measured rate. `edges`: computed ones, for a start or an end that was not measured. */
function measuredForecast({ recent, ...rate }: MeasuredRate, edges: Edges, worker: WorkerInfo): PhaseForecast {
  const edgeAt = (bound: Bound, name: keyof Edges): number =>
    rate[name] === undefined ? COMPUTED_EDGES[bound] * edges[name] : MEASURED_RANGE[bound] * rate[name];
  const at = (bound: Bound, perTrainingImage: number): Rate => ({
    perTrainingImage: MEASURED_RANGE[bound] * perTrainingImage,
    perEvaluatedImage: MEASURED_RANGE[bound] * rate.perEvaluatedImage,
    start: edgeAt(bound, 'start'),
    end: edgeAt(bound, 'end'),
  });
  const all = [...recent, rate.perTrainingImage];
  const epochs = recent.length === 1 ? 'one epoch' : `the latest ${recent.length} epochs`;
  return {
    rates: {
      low: at('low', Math.min(...all)),
      mid: at('mid', rate.perTrainingImage),
      high: at('high', Math.max(...all)),
    },
    basis: 'measured',
    explanation: `Measured in ${epochs} with this network, input, batch size and precision on ${machineOf(worker)}.`,
  };
}

/** Computes the seconds before the first step and after the last epoch. The nodes of an unknown network count as none. */
const computeEdges = (
  { microBatchSize }: PhaseSpec,
  work: TrainingWork | undefined,
  perTrainingImage: number,
): Edges => ({
  start: START_SECONDS + START_SECONDS_PER_NODE * (work?.step.nodes ?? 0) + microBatchSize * perTrainingImage,
  end: END_SECONDS,
});

function computedForecast(spec: PhaseSpec, work: TrainingWork, worker: WorkerInfo, speed: number): PhaseForecast {
  const { microBatchSize, precision } = spec;
  const perImage = (run: RunWork): number => workSeconds(run, microBatchSize, speed) / microBatchSize;
  const rate = { perTrainingImage: perImage(work.step), perEvaluatedImage: perImage(work.scoring) };
  const edges = computeEdges(spec, work, rate.perTrainingImage);
  // Trainers that run at the same time share the cores.
  const sharing = worker.device === 'cpu' ? worker.concurrency : 1;
  const range = COMPUTED_RANGE[precision];
  const at = (bound: Bound): Rate => {
    const factor = bound === 'high' ? sharing * range.high : range[bound];
    return {
      perTrainingImage: factor * rate.perTrainingImage,
      perEvaluatedImage: factor * rate.perEvaluatedImage,
      start: COMPUTED_EDGES[bound] * edges.start,
      end: COMPUTED_EDGES[bound] * edges.end,
    };
  };
  return {
    rates: { low: at('low'), mid: at('mid'), high: at('high') },
    basis: 'computed',
    explanation: `No such job was measured on ${machineOf(worker)} yet. Computed from ${billions(work.step.perImage)} operations an image and ${billions(speed)} operations a second, which short trainings measured while the worker was idle.`,
  };
}

/** Merges the forecasts of all workers into one range. */
function combine(all: readonly KindForecast[]): PhaseForecast | undefined {
  const [first] = all;
  if (first === undefined) return undefined;
  const merged = (bound: Bound, of: (values: readonly number[]) => number): Rate => {
    const field = (name: keyof Rate): number => of(all.map(({ rates }) => rates[bound][name]));
    return {
      perTrainingImage: field('perTrainingImage'),
      perEvaluatedImage: field('perEvaluatedImage'),
      start: field('start'),
      end: field('end'),
    };
  };
  return {
    rates: {
      low: merged('low', (values) => Math.min(...values)),
      mid: merged('mid', meanOf),
      high: merged('high', (values) => Math.max(...values)),
    },
    ...basisOf(all),
  };
}

function rangeOf(rate: Rate, factors: Readonly<Record<Bound, number>>): RateRange {
  const at = (bound: Bound): Rate => ({
    perTrainingImage: factors[bound] * rate.perTrainingImage,
    perEvaluatedImage: factors[bound] * rate.perEvaluatedImage,
    start: factors[bound] * rate.start,
    end: factors[bound] * rate.end,
  });
  return { low: at('low'), mid: at('mid'), high: at('high') };
}

const machineOf = ({ host, processor, cores, device }: WorkerInfo): string =>
  `${host} (${processor}${device === 'cpu' ? `, ${cores} ${cores === 1 ? 'core' : 'cores'}` : ''})`;

/** `1.5 billion`. */
const billions = (count: number): string =>
  `${(count / 1e9).toLocaleString('en-US', { maximumSignificantDigits: 2 })} billion`;
