/** Client of a running service for jobs, over HTTP and WebSocket. */
import { WebSocket } from 'ws';
import type { Frame } from '../../src/contracts/jobs/frame.js';
import type { Job, JobRequest } from '../../src/contracts/jobs/job.js';

/** Sends a request and parses the JSON answer. Throws with the answer's text if the status is not 2xx. */
export async function call<Answer>(url: string, init?: RequestInit): Promise<Answer> {
  const response = await fetch(url, init);
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as Answer;
}

export function submit(address: string, request: JobRequest): Promise<Job> {
  const headers = { 'content-type': 'application/json' };
  return call(`${address}/jobs`, { method: 'POST', headers, body: JSON.stringify(request) });
}

/** Resolves with the first frame of this type. Throws if the job ends or the stream breaks before. */
export async function waitForFrame<Type extends Frame['type']>(
  address: string,
  jobId: string,
  type: Type,
): Promise<Extract<Frame, { type: Type }>> {
  const socket = new WebSocket(`${address.replace('http', 'ws')}/jobs/${jobId}/metrics`);
  try {
    return await new Promise((resolve, reject) => {
      socket.on('message', (text) => {
        const frame = JSON.parse(String(text)) as Frame;
        if (frame.type === type) resolve(frame as Extract<Frame, { type: Type }>);
        else if (frame.type === 'end') reject(new Error(`The job ended: ${text}`));
      });
      socket.on('close', (code) => reject(new Error(`The stream of job ${jobId} was closed with ${code}.`)));
      socket.on('error', reject);
    });
  } finally {
    socket.close();
  }
}

/** Returns the step frames of a job that are stored now and have a `seq` above `after`. */
export async function stepFrames(
  address: string,
  jobId: string,
  after: number,
): Promise<Extract<Frame, { type: 'step' }>[]> {
  const found: Extract<Frame, { type: 'step' }>[] = [];
  for (let next: number | undefined = after; next !== undefined; ) {
    const page: { frames: Frame[]; nextAfter?: number } = await call(
      `${address}/jobs/${jobId}/metrics?after=${next}&limit=10000`,
    );
    found.push(...page.frames.filter((frame) => frame.type === 'step'));
    next = page.nextAfter;
  }
  return found;
}

/** Returns the images per second of a running job, from the step frames that arrive while `during` runs. */
export async function trainingRate(
  address: string,
  { id, spec }: Job,
  during: () => Promise<unknown>,
): Promise<number> {
  const { frames: before }: { frames: Frame[] } = await call(`${address}/jobs/${id}/metrics?limit=10000`);
  await during();
  const frames = await stepFrames(address, id, before.at(-1)?.seq ?? 0);
  let [steps, milliseconds] = [0, 0];
  for (const [index, frame] of frames.entries()) {
    const previous = frames[index - 1];
    // Between two epochs the job is scored, and the steps count from 0 again.
    if (previous === undefined || previous.epoch !== frame.epoch) continue;
    steps += frame.step - previous.step;
    milliseconds += Date.parse(frame.at) - Date.parse(previous.at);
  }
  return milliseconds === 0 ? 0 : (steps * spec.batchSize * 1_000) / milliseconds;
}
