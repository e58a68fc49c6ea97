/** GET /jobs/{id}/metrics: frame types, thinned frames and CSV. */
import { describe, expect, test } from 'vitest';
import { Trainyard } from '../../../src/client/index.js';
import type { Frame } from '../../../src/contracts/jobs/frame.js';
import type { FramePage } from '../../../src/contracts/jobs/frame-queries.js';
import { openRunningApi } from '../../support/running-api.js';

const { service, api } = await openRunningApi({ works: true });
const { jobs } = new Trainyard({ url: api.address });

/** Writes at the same time. */
const AT_ONCE = 100;

/** Writes a run of `steps` step frames straight into the journal. */
async function longRun(steps: number): Promise<string> {
  const { id } = await service.submit('waits');
  await service.frame(id, ({ type }) => type === 'step');
  await service.jobs.cancel(id);
  await service.history(id);
  const from = ['cancelled'] as const;
  const write = (index: number) =>
    service.journal.write({
      jobId: id,
      from,
      event: {
        ...{ type: 'step', epoch: 1, step: index + 1, steps, accuracy: 0.5, learningRate: 0.1, imagesPerSecond: 9 },
        loss: index === 777 ? 1e6 : index === 1_500 ? Number.NaN : 1,
      },
    });
  // Few at a time: on a busy machine each must be answered within its time limit.
  for (let start = 0; start < steps; start += AT_ONCE)
    await Promise.all(Array.from({ length: AT_ONCE }, (_, offset) => write(start + offset)));
  return id;
}

const id = await longRun(3_000);
const read = async (query: string, headers: Record<string, string> = {}) => {
  const response = await fetch(`${api.address}/jobs/${id}/metrics${query}`, { headers });
  return { response, text: await response.text() };
};
const page = async (query: string): Promise<FramePage> => JSON.parse((await read(query)).text) as FramePage;
const everything: Frame[] = [];
for await (const frame of jobs.metrics(id, { limit: 10_000 })) everything.push(frame as Frame);

describe('thinned metrics', () => {
  test('have at most `points` step frames, and say where to continue and how many were left out', async () => {
    const { frames, lastSeq, leftOut, nextAfter } = await page('?points=100');
    const steps = frames.filter(({ type }) => type === 'step');
    expect(steps.length).toBeLessThanOrEqual(100);
    expect(steps).toEqual(expect.arrayContaining([expect.objectContaining({ loss: 1e6, step: 778 })]));
    expect(steps).toEqual(expect.arrayContaining([expect.objectContaining({ loss: null, step: 1_501 })]));
    expect(lastSeq).toBe(everything.at(-1)?.seq);
    expect(frames.length + (leftOut ?? 0)).toBe(everything.length);
    expect(nextAfter).toBeUndefined();
    expect(frames.filter(({ type }) => type !== 'step')).toEqual(everything.filter(({ type }) => type !== 'step'));
  });

  test('are complete if the job has fewer frames', async () => {
    const { frames, leftOut } = await jobs.thinnedMetrics(id, { points: 20_000 });
    expect(frames).toEqual(everything);
    expect(leftOut).toBe(0);
  });

  test('continue after a number', async () => {
    const { frames, lastSeq } = await jobs.thinnedMetrics(id, { points: 100, after: 2_000 });
    expect(frames[0]).toEqual(everything[2_000]);
    expect(lastSeq).toBe(everything.at(-1)?.seq);
    expect(await page('?points=100&after=9999')).toEqual({ frames: [], lastSeq: 9_999, leftOut: 0 });
  });

  test('have only the requested types, in pages too', async () => {
    const { frames, lastSeq } = await page('?types=status,end');
    expect(frames.map(({ type }) => type)).toEqual(['status', 'status', 'end']);
    expect(lastSeq).toBeLessThanOrEqual(everything.at(-1)?.seq ?? 0);
    const steps: string[] = [];
    for await (const { type } of jobs.metrics(id, { types: 'step', limit: 700 })) steps.push(type);
    expect(steps).toEqual(everything.filter(({ type }) => type === 'step').map(({ type }) => type));
    expect((await page('?types=end&points=100')).frames).toHaveLength(1);
  });

  test.each(['?types=steps', '?types=', '?points=0', '?points=1e9', '?points=99'])('refuse %s', async (query) => {
    const { response, text } = await read(query);
    expect(response.status).toBe(400);
    expect(JSON.parse(text)).toMatchObject({ code: 'invalid_request' });
  });
});

describe('metrics as CSV', () => {
  test('have a header and a row for each frame, whatever the page length', async () => {
    const { response, text } = await read('?limit=10', { accept: 'text/csv' });
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(response.headers.get('vary')).toMatch(/accept/);
    const [header = '', ...rows] = text.trimEnd().split('\n');
    expect(header.split(',').slice(0, 10).join(',')).toBe(
      'seq,at,type,epoch,step,steps,loss,accuracy,learningRate,imagesPerSecond',
    );
    expect(rows).toHaveLength(everything.length);
    const columns = header.split(',');
    const bad = rows.find((row) => row.includes('NaN'))?.split(',') ?? [];
    expect(bad).toHaveLength(columns.length);
    expect([bad[columns.indexOf('loss')], bad[columns.indexOf('step')]]).toEqual(['NaN', '1501']);
    expect(bad[columns.indexOf('testLoss')]).toBe('');
  });

  test('are thinned and filtered like JSON', async () => {
    const stream = await jobs.metricsCsv(id, { points: 100, types: 'step' });
    const rows = (await new Response(stream as never).text()).trimEnd().split('\n');
    const { frames } = await jobs.thinnedMetrics(id, { points: 100, types: 'step' });
    expect(rows).toHaveLength(frames.length + 1);
  });

  test.each([
    ['text/csv', true],
    ['text/csv, application/json;q=0.5', true],
    ['text/csv;q=0.9, */*;q=0.1', true],
    ['application/json', false],
    ['*/*', false],
    ['text/html,application/xhtml+xml,*/*;q=0.8', false],
    ['text/csv;q=0', false],
  ])('answer Accept: %s', async (accept, isCsv) => {
    const { response } = await read('?limit=1&types=end', { accept });
    expect(response.headers.get('content-type')?.startsWith('text/csv')).toBe(isCsv);
  });

  test('return a problem for an unknown job', async () => {
    const response = await fetch(`${api.address}/jobs/nobody/metrics`, { headers: { accept: 'text/csv' } });
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([404, 'job_not_found']);
  });
});
