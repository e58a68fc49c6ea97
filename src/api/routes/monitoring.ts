/** Route GET /monitoring/metrics: Prometheus metrics of the service, the jobs and the predictions. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { TrainyardError } from '../../errors/errors.js';
import type { AppDeps } from '../deps.js';

/** Upper bounds of the request latency buckets, in seconds. */
const LATENCY_BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export type Monitoring = ReturnType<typeof createMonitoring>;

type MonitoringDeps = Pick<AppDeps, 'jobs' | 'store' | 'predictor' | 'builds'>;

/** Creates the metrics registry of one app. */
export function createMonitoring({ jobs, store, predictor, builds }: MonitoringDeps) {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const latency = new Histogram({
    name: 'trainyard_http_request_seconds',
    help: 'Time to answer a request.',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: LATENCY_BUCKETS,
    registers: [registry],
  });
  const jobMetrics = createJobMetrics(registry, jobs);
  const predictionMetrics = createPredictionMetrics(registry, { store, predictor });
  const graphs = new Counter({
    name: 'trainyard_graphs_built_total',
    help: 'Networks and training graphs that the builder process has built.',
    registers: [registry],
  });

  return {
    contentType: registry.contentType,
    observe: (labels: { method: string; route: string; status: number }, seconds: number) =>
      latency.observe(labels, seconds),

    /** Updates and prints all metrics; without Redis, all except those of jobs. */
    async print(): Promise<string> {
      await predictionMetrics.update();
      graphs.reset();
      graphs.inc(builds.graphsBuilt());
      await jobMetrics.update();
      return registry.metrics();
    },
  };
}

/** Jobs by status and the rates of running jobs, read from Redis. */
function createJobMetrics(registry: Registry, jobs: MonitoringDeps['jobs']) {
  const byStatus = new Gauge({
    name: 'trainyard_jobs',
    help: 'Jobs by status.',
    labelNames: ['status'],
    registers: [registry],
  });
  const rateLabels = ['job', 'network'] as const;
  const images = new Gauge({
    name: 'trainyard_training_images_per_second',
    help: 'Images that a running job trained per second recently.',
    labelNames: rateLabels,
    registers: [registry],
  });
  const steps = new Gauge({
    name: 'trainyard_training_steps_per_second',
    help: 'Steps that a running job took per second recently.',
    labelNames: rateLabels,
    registers: [registry],
  });
  const reachable = new Gauge({
    name: 'trainyard_redis_up',
    help: '1 if Redis answered, 0 if not: then the job metrics are missing.',
    registers: [registry],
  });

  async function read(): Promise<void> {
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

  return {
    async update(): Promise<void> {
      try {
        await read();
        reachable.set(1);
      } catch (error) {
        if (!(error instanceof TrainyardError && error.code === 'redis_unavailable')) throw error;
        reachable.set(0);
        for (const gauge of [byStatus, images, steps]) gauge.reset();
      }
    },
  };
}

/** Predictions by model, from the counts of the predictor. */
function createPredictionMetrics(registry: Registry, deps: Pick<MonitoringDeps, 'store' | 'predictor'>) {
  const { store, predictor } = deps;
  const countOf = (name: string, help: string) =>
    new Counter({ name, help, labelNames: ['model', 'version'] as const, registers: [registry] });
  const predicted = {
    images: countOf('trainyard_prediction_images_total', 'Images that a model has classified.'),
    requests: countOf('trainyard_prediction_requests_total', 'Prediction requests to a model, including failed ones.'),
    failures: countOf('trainyard_prediction_failures_total', 'Prediction requests that failed.'),
    inference: countOf(
      'trainyard_prediction_inference_seconds_total',
      'Time of the batches of a model, including the transfer to the predictor process.',
    ),
    waiting: countOf(
      'trainyard_prediction_waiting_seconds_total',
      'Time that prediction requests waited before their batch started.',
    ),
  };
  const imagesWaiting = new Gauge({
    name: 'trainyard_prediction_images_waiting',
    help: 'Images of all models that wait for a predictor process.',
    registers: [registry],
  });
  const modelsLoaded = new Gauge({
    name: 'trainyard_prediction_models_loaded',
    help: 'Models in the memory of predictor processes, including checkpoints.',
    registers: [registry],
  });

  return {
    /** Drops deleted models: otherwise their series would stay until a restart. */
    async update(): Promise<void> {
      const stored = new Set((await store.models()).map(({ manifest }) => `${manifest.name}@${manifest.version}`));
      for (const counter of Object.values(predicted)) counter.reset();
      for (const { name, version, images, success, fail, queue, batches } of predictor.statistics()) {
        if (!stored.has(`${name}@${version}`)) continue;
        const labels = { model: name, version: String(version) };
        predicted.images.inc(labels, images);
        predicted.requests.inc(labels, success.count + fail.count);
        predicted.failures.inc(labels, fail.count);
        for (const { ms } of batches.values()) predicted.inference.inc(labels, ms / 1000);
        predicted.waiting.inc(labels, queue.ms / 1000);
      }
      imagesWaiting.set(predictor.waitingImages());
      modelsLoaded.set(predictor.loadedModels());
    },
  };
}

export const monitoringRoutes: FastifyPluginAsyncTypebox<{ monitoring: Monitoring }> = async (app, { monitoring }) => {
  app.get(
    '/monitoring/metrics',
    {
      config: { scope: 'system:read', isProbe: true },
      schema: {
        operationId: 'getMonitoring',
        tags: ['operation'],
        summary: 'Get Prometheus metrics',
        response: {
          200: {
            description: 'Jobs by status, training rates, predictions by model, request latency, process metrics.',
            content: { 'text/plain': { schema: { type: 'string' } } },
          },
        },
      },
    },
    async (_, reply) => reply.type(monitoring.contentType).send(await monitoring.print()),
  );
};
