/** Workers as the API lists them, and jobs that it refuses because no worker can train them. */
import request from 'supertest';
import { beforeEach, describe, expect, test } from 'vitest';
import { openRunningApi } from '../../support/running-api.js';
import { workerOf } from '../../support/workers.js';

const { service, api } = await openRunningApi();
beforeEach(async () => {
  await service.redis.flushall();
});

const show = (...changes: Parameters<typeof workerOf>[0][]) =>
  Promise.all(changes.map((change, pid) => service.workers.heartbeat(workerOf({ pid: pid + 1, ...change }))));
const submit = (body: object) =>
  request(api.server)
    .post('/jobs')
    .send({ network: 'resnet', ...body });

describe('GET /workers', () => {
  test('lists the live workers with their hardware', async () => {
    await request(api.server).get('/workers').expect(200, { workers: [] });
    await show({ processor: 'One CPU' }, { device: 'cuda', processor: 'One GPU', bfloat16: 'gpu' });
    const { body } = await request(api.server).get('/workers').expect(200);
    expect(body).toEqual({
      workers: [
        { ...workerOf({ pid: 1, processor: 'One CPU' }), seenAt: expect.any(String) },
        {
          ...workerOf({ pid: 2, device: 'cuda', processor: 'One GPU', bfloat16: 'gpu' }),
          seenAt: expect.any(String),
        },
      ],
    });
  });
});

describe('the precision of a job', () => {
  const resolved = async (precision?: string) => {
    const { body } = await submit({ ...(precision !== undefined && { precision }) }).expect(202);
    return [body.spec.precision, body.spec.precisionReason];
  };

  test('is float32 by default', async () => {
    await show({ bfloat16: 'amx' });
    expect(await resolved()).toEqual(['float32', 'It is the default.']);
  });

  test.each(['float32', 'bfloat16'])('is %s if requested and fast on every worker', async (precision) => {
    await show({ bfloat16: 'amx' }, { bfloat16: 'gpu' });
    expect(await resolved(precision)).toEqual([precision, 'The job requests it.']);
  });

  test('is bfloat16 for auto if every worker has AMX, AMD’s AVX-512 BF16 or a GPU', async () => {
    await show({ bfloat16: 'amx' }, { bfloat16: 'gpu' }, { bfloat16: 'avx512' });
    expect(await resolved('auto')).toEqual([
      'bfloat16',
      'Every worker is faster in bfloat16: by AMX, AMD’s AVX-512 BF16 or a GPU.',
    ]);
  });

  test('is float32 for auto if one worker has none of them', async () => {
    await show({ bfloat16: 'amx' }, { host: 'there', processor: 'Another CPU', bfloat16: 'none' });
    expect(await resolved('auto')).toEqual([
      'float32',
      'The worker on there (Another CPU) has no AMX, no AVX-512 BF16 of AMD’s and no GPU that computes in it.',
    ]);
  });

  test('is float32 for auto, and otherwise as requested, if no worker is known', async () => {
    expect(await resolved('auto')).toEqual(['float32', 'No worker was known.']);
    expect(await resolved('bfloat16')).toEqual(['bfloat16', 'The job requests it.']);
  });

  test('cannot be bfloat16 if a worker is slower in it, because that worker may get the job', async () => {
    await show(
      { processor: 'A CPU with AMX', bfloat16: 'amx' },
      { processor: 'One CPU', bfloat16: 'none' },
      { processor: 'Another CPU', bfloat16: 'none' },
    );
    const { body } = await submit({ precision: 'bfloat16' }).expect(400);
    expect(body).toMatchObject({
      code: 'invalid_request',
      errors: [
        {
          pointer: '/precision',
          message:
            'must be float32 or auto: any worker may take the job, and those on One CPU, Another CPU are slower in bfloat16, without AMX, AMD’s AVX-512 BF16 or a GPU that computes in it',
        },
      ],
    });
  });
});

describe('a job that is too large for every worker', () => {
  test('is refused with the required and available memory and the largest batch, which is then accepted', async () => {
    await show({ memoryBytes: 2e9 }, { memoryBytes: 4e9 });
    const { body } = await submit({ batchSize: 4_096 }).expect(400);
    const { pointer, message } = body.errors[0];
    expect(pointer).toBe('/batchSize');
    expect(message).toMatch(/^needs about \d\d\.\d GB of memory .* the largest worker has 4\.0 GB: the largest batch /);
    const [, largest] = /that fits is (\d+)$/.exec(message) ?? [];
    await submit({ batchSize: Number(largest) }).expect(202);
    await submit({ batchSize: Number(largest) + 1 }).expect(400);
  });

  test('is planned with the memory of each worker and the largest batch that fits', async () => {
    await show({ memoryBytes: 2e9 }, { memoryBytes: 4e9, fault: 'The disk is full.' });
    const plan = (body: object) =>
      request(api.server)
        .post('/jobs/plan')
        .send({ network: 'resnet', ...body });
    const { body: refused } = await plan({ batchSize: 4_096 }).expect(400);
    const { suggestion } = refused.errors[0];
    const { body: planned } = await plan({ batchSize: suggestion }).expect(200);
    const neededBytes = planned.memory.totalBytes;
    expect(planned).toMatchObject({
      largestBatchSize: suggestion,
      workers: [
        { pid: 1, neededBytes, availableBytes: 2e9, fits: false },
        { pid: 2, neededBytes, availableBytes: 4e9, fits: true, fault: 'The disk is full.' },
      ],
    });
  });

  test('is planned with a largest batch of at most the training images', async () => {
    await show({ memoryBytes: 16e9 });
    const dataset = { name: 'synthetic', resize: 28, trainSamples: 24, validationSamples: 4 };
    const { body } = await request(api.server).post('/jobs/plan').send({ network: 'resnet', dataset }).expect(200);
    expect(body.largestBatchSize).toBe(20);
  });

  test('points to the micro batch if that determines the memory', async () => {
    await show({ memoryBytes: 4e9 });
    const { body } = await submit({ batchSize: 8_192, microBatchSize: 4_096 }).expect(400);
    expect(body.errors).toMatchObject([{ pointer: '/microBatchSize' }]);
    const [, largest] = /: the largest part of batchSize, 8192, that fits is (\d+)$/.exec(body.errors[0].message) ?? [];
    await submit({ batchSize: 8_192, microBatchSize: Number(largest) }).expect(202);
    await submit({ batchSize: 8_192, microBatchSize: 2 * Number(largest) }).expect(400);
  });

  test('is accepted if one worker has the memory, or no worker is known', async () => {
    await submit({ batchSize: 8_192 }).expect(202);
    await show({ memoryBytes: 1e9 }, { memoryBytes: 1e12 });
    await submit({ batchSize: 8_192 }).expect(202);
  });
});

describe('the estimated duration of a job', () => {
  const plan = async (body: object) => {
    const { body: planned } = await request(api.server)
      .post('/jobs/plan')
      .send({ network: 'resnet', ...body })
      .expect(200);
    return planned.estimate;
  };

  test('is absent if no worker has measured its speed', async () => {
    expect(await plan({})).toBeUndefined();
    await show({});
    expect(await plan({})).toBeUndefined();
  });

  test('is computed from the work of the network and the speed of the workers', async () => {
    await show({ operationsPerSecond: 1e11 });
    const [first, twice] = [await plan({ epochs: 10 }), await plan({ epochs: 20 })];
    expect(first).toMatchObject({ basis: 'computed', explanation: expect.stringContaining('100 billion operations') });
    expect(first.seconds.low).toBeLessThan(first.seconds.high);
    expect(first.epochSeconds).toEqual(twice.epochSeconds);
    expect(twice.seconds.high / first.seconds.high).toBeCloseTo(2, 1);
  });

  test('covers fast and slow workers, but none that takes no jobs', async () => {
    await show({ operationsPerSecond: 1e11 });
    const alone = await plan({});
    await show(
      { operationsPerSecond: 1e11 },
      { operationsPerSecond: 1e10 },
      { operationsPerSecond: 1e9, fault: 'Away.' },
    );
    const both = await plan({});
    expect(both.seconds.low).toBe(alone.seconds.low);
    expect(both.epochSeconds.high / alone.epochSeconds.high).toBeGreaterThan(8);
    expect(both.epochSeconds.high / alone.epochSeconds.high).toBeLessThan(10.1);
  });
});

describe('the summary of a network', () => {
  const summary = '/networks/densenet/summary';

  test('has the memory of training if a batch size is given', async () => {
    const { body: without } = await request(api.server).get(summary).expect(200);
    expect(without).not.toHaveProperty('memory');
    const { body } = await request(api.server).get(`${summary}?input=1x96x96&batchSize=64`).expect(200);
    expect(body.memory.parametersBytes).toBe(4 * (758_226 + 6_608));
    const { totalBytes, ...parts } = body.memory as Record<string, number>;
    expect(Object.values(parts).reduce((sum, bytes) => sum + bytes, 0)).toBe(totalBytes);
  });

  test('has the memory as lines of the table', async () => {
    const get = (query: string) => request(api.server).get(`${summary}${query}`).accept('text/plain').expect(200);
    expect((await get('?batchSize=64')).text).toMatch(
      /running values\nmemory of training, MiB\nparameters +3\noptimizer slots +6\nactivations +\d+\nprocess and data +\d+\ntogether +\d+\n$/,
    );
    expect((await get('')).text).not.toContain('memory');
  });

  test('is refused for image sizes that no job may have', async () => {
    const { body } = await request(api.server).get(`${summary}?input=1x96x64&batchSize=64`).expect(400);
    expect(body.errors).toEqual([
      {
        pointer: '?input',
        message: 'must be square if batchSize is given, since a job trains on square images, not 96×64',
      },
    ]);
    await request(api.server).get(`${summary}?batchSize=0`).expect(400);
    await request(api.server).get(`${summary}?batchSize=8193`).expect(400);
  });
});
