/** GET /monitoring/metrics: figures for Prometheus, about the service, the jobs and the predictions. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { TrainyardError } from '../../errors/errors.js';
import type { AppDeps } from '../deps.js';

/** Upper bounds in seconds of the buckets of request latency. */
const LATENCY_BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export type Monitoring = ReturnType<typeof createMonitoring>;

/** The registry of one app, and what is counted in it. */
export function createMonitoring({ jobs, store, predictor }: Pick<AppDeps, 'jobs' | 'store' | 'predictor'>) {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const latency = new Histogram({
    name: 'trainyard_http_request_seconds',
    help: 'Time to answer a request.',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: LATENCY_BUCKETS,
    registers: [registry],
  });
  const byStatus = new Gauge({
    name: 'trainyard_jobs',
    help: 'Jobs by status.',
    labelNames: ['status'],
    registers: [registry],
  });
  const rateLabels = ['job', 'network'] as const;
  const images = new Gauge({
    name: 'trainyard_training_images_per_second',
    help: 'Images a running job trains per second, of late.',
    labelNames: rateLabels,
    registers: [registry],
  });
  const steps = new Gauge({
    name: 'trainyard_training_steps_per_second',
    help: 'Steps a running job takes per second, of late.',
    labelNames: rateLabels,
    registers: [registry],
  });

  const countOf = (name: string, help: string) =>
    new Counter({ name, help, labelNames: ['model', 'version'] as const, registers: [registry] });
  const predicted = {
    images: countOf('trainyard_prediction_images_total', 'Images that a model has answered.'),
    requests: countOf(
      'trainyard_prediction_requests_total',
      'Requests that a model was asked, with those that failed.',
    ),
    failures: countOf('trainyard_prediction_failures_total', 'Requests that a model could not answer.'),
    inference: countOf(
      'trainyard_prediction_inference_seconds_total',
      'Time that the batches of a model took, crossing to the predictor process included.',
    ),
    waiting: countOf('trainyard_prediction_waiting_seconds_total', 'Time that the requests of a model have waited.'),
  };
  const imagesWaiting = new Gauge({
    name: 'trainyard_prediction_images_waiting',
    help: 'Images that wait for a predictor process, of all models.',
    registers: [registry],
  });
  const modelsLoaded = new Gauge({
    name: 'trainyard_prediction_models_loaded',
    help: 'Models that a predictor process has in memory, checkpoints included.',
    registers: [registry],
  });

  const reachable = new Gauge({
    name: 'trainyard_redis_up',
    help: '1 where Redis answered when these figures were read; else 0, and there are none of jobs.',
    registers: [registry],
  });

  return {
    contentType: registry.contentType,
    observe: (labels: { method: string; route: string; status: number }, seconds: number) =>
      latency.observe(labels, seconds),

    /** Reads what is known of predictions and what Redis knows, then prints everything; while Redis is away, the rest. */
    async print(): Promise<string> {
      await readPredictions();
      try {
        await readJobs();
        reachable.set(1);
      } catch (error) {
        if (!(error instanceof TrainyardError && error.code === 'redis_unavailable')) throw error;
        reachable.set(0);
        for (const gauge of [byStatus, images, steps]) gauge.reset();
      }
      return registry.metrics();
    },
  };

  /** Of the models that are there: those that were deleted would stay for as long as the process runs. */
  async function readPredictions(): Promise<void> {
    const there = new Set((await store.models()).map(({ manifest }) => `${manifest.name}@${manifest.version}`));
    for (const counter of Object.values(predicted)) counter.reset();
    for (const { name, version, images, success, fail, queue, batches } of predictor.statistics()) {
      if (!there.has(`${name}@${version}`)) continue;
      const labels = { model: name, version: String(version) };
      predicted.images.inc(labels, images);
      predicted.requests.inc(labels, success.count + fail.count);
      predicted.failures.inc(labels, fail.count);
      for (const { ms } of batches.values()) predicted.inference.inc(labels, ms / 1000);
      predicted.waiting.inc(labels, queue.ms / 1000);
    }
    imagesWaiting.set(predictor.waitingImages());
    modelsLoaded.set(predictor.loadedModels());
  }

  async function readJobs(): Promise<void> {
    const [counts, running] = await Promise.all([jobs.counts(), jobs.list({ status: 'running', limit: 100 })]);
    for (const [status, count] of Object.entries(counts)) byStatus.set({ status }, count);
    images.reset();
    steps.reset();
    for (const { id, spec, progress } of running.jobs) {
      const rate = progress?.imagesPerSecond;
      if (rate === undefined) continue;
      images.set({ job: id, network: spec.network }, rate);
      steps.set({ job: id, network: spec.network }, rate / spec.batchSize);
    }
  }
}

export const monitoringRoutes: FastifyPluginAsyncTypebox<{ monitoring: Monitoring }> = async (app, { monitoring }) => {
  app.get(
    '/monitoring/metrics',
    {
      config: { isProbe: true },
      schema: {
        operationId: 'getMonitoring',
        tags: ['operation'],
        summary: 'Figures in the text format of Prometheus',
        response: {
          200: {
            description: 'Jobs by status, step rates, predictions by model, request latency, process.',
            content: { 'text/plain': { schema: { type: 'string' } } },
          },
        },
      },
    },
    async (_, reply) => reply.type(monitoring.contentType).send(await monitoring.print()),
  );
};
