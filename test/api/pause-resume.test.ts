/** POST /jobs/{id}/pause and /resume over HTTP. */
import supertest from 'supertest';
import { expect, test } from 'vitest';
import { openRunningApi } from '../support/running-api.js';
import { isStep } from '../support/running-service.js';

const { service, api } = await openRunningApi();

const post = (path: string) => supertest(api.server).post(path);

test('returns 200 for pausing a queued job, then 409 with the state; and the same for resuming it', async () => {
  const { id } = await service.submit('succeeds');
  expect((await post(`/jobs/${id}/pause`)).body).toMatchObject({ id, status: 'paused' });
  const again = await post(`/jobs/${id}/pause`);
  expect(again.status).toBe(409);
  expect(again.body).toMatchObject({ code: 'job_state', detail: expect.stringMatching(/is paused/) });
  const resumed = await post(`/jobs/${id}/resume`);
  expect(resumed.status).toBe(200);
  expect(resumed.body).toMatchObject({ id, status: 'queued' });
  expect((await post(`/jobs/${id}/resume`)).body).toMatchObject({ status: 409, code: 'job_state' });
  await service.jobs.cancel(id);
  expect((await post(`/jobs/${id}/pause`)).body).toMatchObject({ status: 409, code: 'job_ended' });
});

test('returns 202 for pausing a running job', async () => {
  await service.work();
  const { id } = await service.submit('walks', { epochs: 1_000 });
  await service.frame(id, isStep);
  const { status, body } = await post(`/jobs/${id}/pause`);
  expect(status).toBe(202);
  expect(body).toMatchObject({ status: 'running', pauseRequestedAt: expect.any(String) });
  await service.frame(id, (frame) => frame.type === 'status' && frame.status === 'paused');
});

test('returns 404 for an unknown job', async () => {
  for (const command of ['pause', 'resume'])
    expect((await post(`/jobs/nobody/${command}`)).body).toMatchObject({ status: 404, code: 'job_not_found' });
});
