/** GET /monitoring/metrics: figures for Prometheus, about the service and the jobs. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { TrainyardError } from '../../errors.js';
import type { AppDeps } from '../deps.js';

/** Upper bounds in seconds of the buckets of request latency. */
const LATENCY_BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export type Monitoring = ReturnType<typeof createMonitoring>;

/** The registry of one app, and what is counted in it. */
export function createMonitoring({ jobs }: Pick<AppDeps, 'jobs'>) {
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

  const reachable = new Gauge({
    name: 'trainyard_redis_up',
    help: '1 where Redis answered when these figures were read; else 0, and there are none of jobs.',
    registers: [registry],
  });

  return {
    contentType: registry.contentType,
    observe: (labels: { method: string; route: string; status: number }, seconds: number) =>
      latency.observe(labels, seconds),

    /** Reads what Redis knows, then prints everything; while Redis is away, the rest. */
    async print(): Promise<string> {
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
            description: 'Jobs by status, step rates, request latency, process.',
            content: { 'text/plain': { schema: { type: 'string' } } },
          },
        },
      },
    },
    async (_, reply) => reply.type(monitoring.contentType).send(await monitoring.print()),
  );
};
