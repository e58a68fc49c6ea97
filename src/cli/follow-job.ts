/** Follows a job to its end: frames as JSON lines, or as progress with a result. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Context } from './context.js';
import { isUnreachable } from './errors-text.js';
import { CliError, EXIT } from './exit-codes.js';
import { createFollowView } from './follow-view.js';
import { comeBack, modelText, resultFacts } from './job-text.js';
import { factLines } from './output/table.js';
import { type Job, positionOf, type StreamFrame } from './service-types.js';

/** Time for which a service that is gone is awaited, and the pause between two tries, in ms. */
const PATIENCE_MS = 600_000;
const RETRY_MS = 1_000;

/** Yields the frames of a job. If the service is gone for longer than the client waits, tries for up to 10 minutes. */
async function* patientFrames(context: Context, id: string): AsyncGenerator<StreamFrame> {
  const { jobs } = await context.client();
  let after = 0;
  let lostAt: number | undefined;
  for (;;) {
    try {
      for await (const frame of jobs.follow(id, { after, signal: context.signal })) {
        lostAt = undefined;
        after = positionOf(frame as StreamFrame);
        yield frame as StreamFrame;
      }
      return;
    } catch (error) {
      if (context.signal.aborted || !isUnreachable(error)) throw error;
      lostAt ??= Date.now();
      if (Date.now() - lostAt > PATIENCE_MS) throw error;
      await delay(RETRY_MS, undefined, { signal: context.signal });
    }
  }
}

/** Follows a job and writes its result. Returns the exit code. Ctrl-C detaches: the job goes on. */
export async function followJob(context: Context, job: Job): Promise<number> {
  const { output, signal } = context;
  const view = createFollowView(output, job);
  let isLost = false;
  context.onConnection((isLostNow) => {
    if (isLostNow === isLost) return;
    isLost = isLostNow;
    view.note(
      isLost
        ? output.paintNote('yellow', 'The service cannot be reached. Waiting for it …')
        : output.paintNote('dim', 'The service is back.'),
    );
  });
  try {
    for await (const frame of patientFrames(context, job.id)) {
      if (output.json) output.value(frame);
      view.show(frame);
    }
  } catch (error) {
    if (signal.aborted) throw new CliError(EXIT.interrupted, 'Detached.', comeBack(job.id));
    throw error;
  } finally {
    view.close();
  }
  if (output.quiet && !output.json) output.lines([modelText(view.state.end?.model) ?? []].flat());
  else if (!output.json) output.lines(factLines(resultFacts(view.state)));
  return endCode(view.state.status);
}

/** Returns the exit code for the status of a job. */
export const endCode = (status: Job['status']): number =>
  status === 'failed' || status === 'cancelled' ? EXIT.jobFailed : EXIT.ok;
