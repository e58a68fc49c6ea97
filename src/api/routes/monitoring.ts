/** Route GET /monitoring/metrics: Prometheus metrics of the service, the jobs and the predictions. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { createConcurrencyLimit } from '../../concurrency/concurrency-limit.js';
import { PROJECT_HEADER } from '../../contracts/access/project.js';
import { TrainyardError } from '../../errors/errors.js';
import type { AppDeps, ProjectParts } from '../deps.js';

/** Upper bounds of the request latency buckets, in seconds. */
const LATENCY_BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export type Monitoring = ReturnType<typeof createMonitoring>;

type MonitoringDeps = Pick<AppDeps, 'predictor' | 'builds'>;
/** A project whose jobs and models are measured. */
type MeasuredProject = Pick<ProjectParts, 'name' | 'jobs' | 'store'>;

/** Creates the metrics registry of one app. */
export function createMonitoring({ predictor, builds }: MonitoringDeps) {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const latency = new Histogram({
    name: 'trainyard_http_request_seconds',
    help: 'Time to answer a request.',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: LATENCY_BUCKETS,
    registers: [registry],
  });
  const jobMetrics = createJobMetrics(registry);
  const predictionMetrics = createPredictionMetrics(registry, predictor);
  const graphs = new Counter({
    name: 'trainyard_graphs_built_total',
    help: 'Networks and training graphs that the builder process has built.',
    registers: [registry],
  });

  /** The series of one answer must not mix with those of another, which may be of other projects. */
  const oneAtATime = createConcurrencyLimit(1);
  async function print(projects: readonly MeasuredProject[]): Promise<string> {
    await predictionMetrics.update(projects);
    graphs.reset();
    graphs.inc(builds.graphsBuilt());
    await jobMetrics.update(projects);
    return registry.metrics();
  }

  return {
    contentType: registry.contentType,
    observe: (labels: { method: string; route: string; status: number }, seconds: number) =>
      latency.observe(labels, seconds),

    /** Updates and prints all metrics, of these projects; without Redis, all except those of jobs. */
    print: (projects: readonly MeasuredProject[]): Promise<string> => oneAtATime.run(() => print(projects)),
  };
}

/** Jobs by status and the rates of running jobs, read from Redis. */
function createJobMetrics(registry: Registry) {
  const byStatus = new Gauge({
    name: 'trainyard_jobs',
    help: 'Jobs by status.',
    labelNames: ['project', 'status'],
    registers: [registry],
  });
  const rateLabels = ['project', 'job', 'network'] as const;
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

  async function read({ name: project, jobs }: MeasuredProject): Promise<void> {
    const [counts, running] = await Promise.all([jobs.counts(), jobs.list({ status: 'running', limit: 100 })]);
    for (const [status, count] of Object.entries(counts)) byStatus.set({ project, status }, count);
    for (const { id, spec, progress } of running.jobs) {
      const rate = progress?.imagesPerSecond;
      if (rate === undefined) continue;
      const labels = { project, job: id, network: spec.network };
      images.set(labels, rate);
      steps.set(labels, rate / spec.batchSize);
    }
  }

  return {
    async update(projects: readonly MeasuredProject[]): Promise<void> {
      for (const gauge of [byStatus, images, steps]) gauge.reset();
      try {
        for (const project of projects) await read(project);
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
function createPredictionMetrics(registry: Registry, predictor: MonitoringDeps['predictor']) {
  const countOf = (name: string, help: string) =>
    new Counter({ name, help, labelNames: ['project', 'model', 'version'] as const, registers: [registry] });
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
    async update(projects: readonly MeasuredProject[]): Promise<void> {
      const projectOf = await foldersOfModels(projects);
      for (const counter of Object.values(predicted)) counter.reset();
      for (const { folder, name, version, images, success, fail, queue, batches } of predictor.statistics()) {
        const project = projectOf.get(folder);
        if (project === undefined) continue;
        const labels = { project, model: name, version: String(version) };
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

/** Returns the project of each stored model by its folder. */
async function foldersOfModels(projects: readonly MeasuredProject[]): Promise<ReadonlyMap<string, string>> {
  const folders = await Promise.all(
    projects.map(async ({ name, store }) => (await store.models()).map(({ folder }) => [folder, name] as const)),
  );
  return new Map(folders.flat());
}

type MonitoringRouteDeps = Pick<AppDeps, 'projects'> & Readonly<{ monitoring: Monitoring }>;

export const monitoringRoutes: FastifyPluginAsyncTypebox<MonitoringRouteDeps> = async (
  app,
  { monitoring, projects },
) => {
  /** A sender with the scope `admin` sees all projects, unless its request names one. */
  async function seenBy({ identity, project, headers }: FastifyRequest): Promise<readonly ProjectParts[]> {
    const isOne = !identity.scopes.includes('admin') || headers[PROJECT_HEADER] !== undefined;
    if (projects === undefined || isOne) return [project];
    // Without Redis the projects are not known.
    const all = await projects.list().catch(() => [project]);
    return Promise.all(all.map(({ name }) => (name === project.name ? project : projects.open(name))));
  }

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
    async (request, reply) => {
      const text = await monitoring.print(await seenBy(request));
      return reply.type(monitoring.contentType).send(text);
    },
  );
};
