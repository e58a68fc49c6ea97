/** Jobs of a running service, over its HTTP and WebSocket API. */
import { WebSocket } from 'ws';
import type { Frame } from '../../src/contracts/jobs/frame.js';
import type { Job, JobRequest } from '../../src/contracts/jobs/job.js';

/** The answer to a request, parsed; anything but a 2xx throws with what was answered. */
export async function call<Answer>(url: string, init?: RequestInit): Promise<Answer> {
  const response = await fetch(url, init);
  if (!response.ok) throw new Error(`${url} was answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as Answer;
}

export function submit(address: string, request: JobRequest): Promise<Job> {
  const headers = { 'content-type': 'application/json' };
  return call(`${address}/jobs`, { method: 'POST', headers, body: JSON.stringify(request) });
}

/** The first frame of this type in a job's stream. Throws where the job ends, or the stream breaks, before it. */
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

/** A job's step frames above `after` that there are now. */
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

/** Images per second that a running job trains, by the step frames that come while `during` runs. */
export async function trainingRate(
  address: string,
  { id, spec }: Job,
  during: () => Promise<unknown>,
): Promise<number> {
  const { frames: before }: { frames: Frame[] } = await call(`${address}/jobs/${id}/metrics?limit=10000`);
  await during();
  const frames = await stepFrames(address, id, before.at(-1)?.seq ?? 0);
  const [first, last] = [frames[0], frames.at(-1)];
  if (first === undefined || last === undefined || first === last) return 0; // it was left no time for two steps
  const seconds = (Date.parse(last.at) - Date.parse(first.at)) / 1000;
  return ((last.step - first.step) * spec.batchSize) / seconds;
}
