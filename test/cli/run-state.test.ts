/** Progress of a followed run: its time left, and the columns of its epochs. */
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { createFollowView } from '../../src/cli/follow-view.js';
import { createOutput } from '../../src/cli/output/json-output.js';
import { applyFrame, createRunState, timeLeft } from '../../src/cli/run-state.js';
import type { Job, StreamFrame } from '../../src/cli/service-types.js';
import { watchLines } from '../../src/cli/watch-view.js';
import { type JobRequest, resolveJob } from '../../src/contracts/jobs/job.js';

const jobOf = (request: object): Job => {
  const spec = resolveJob({ network: 'resnet', ...request } as JobRequest);
  return { spec, status: 'running' } as Job;
};
const phases = [{ epochs: 2, freeze: 'backbone' }, { epochs: 8 }];
/** A step of 10 in an epoch, at a time in seconds. */
const stepAt = (epoch: number, step: number, seconds: number, phase?: number) =>
  ({ type: 'step', epoch, step, steps: 10, loss: 1, at: new Date(1000 * seconds).toISOString(), phase }) as StreamFrame;
const epochOf = (epoch: number, seconds: number, others: object) =>
  ({
    type: 'epoch',
    epoch,
    epochs: 10,
    seconds,
    trainLoss: 1,
    trainAccuracy: 0.5,
    testAccuracy: 0.5,
    ...others,
  }) as StreamFrame;

function leftAfter(job: Job, frames: readonly StreamFrame[]): string | undefined {
  const state = createRunState(job);
  for (const frame of frames) applyFrame(state, frame);
  return timeLeft(state);
}

it.each([80, 120])('the view of running jobs has the time left on %i columns', (columns) => {
  const state = createRunState({ ...jobOf({ epochs: 10_000 }), id: 'd7540451-bf33-44af-a10e-d0a5137e2eff' });
  for (const second of [1, 2])
    applyFrame(state, { ...stepAt(78, second, 3 * second), imagesPerSecond: 5492 } as StreamFrame);
  const left = timeLeft(state) ?? '';
  const lines = watchLines({ url: 'http://a', runs: [state], waiting: [], first: 0, fault: undefined }, columns, 24);
  expect(left).toMatch(/ left$/);
  expect(lines.find((line) => line.includes('epoch 78'))?.endsWith(`  ${left}`)).toBe(true);
});

describe('the time left', () => {
  const first = [stepAt(1, 1, 0, 1), stepAt(1, 6, 5, 1)];
  it('is that of the current phase, at its own speed', () => {
    expect(leftAfter(jobOf({ phases }), first)).toBe('14 s left in phase 1');
    const second = [...first, epochOf(1, 10, { phase: 1 }), stepAt(3, 1, 100, 2)];
    expect(leftAfter(jobOf({ phases }), second)).toBeUndefined();
    expect(leftAfter(jobOf({ phases }), [...second, stepAt(3, 2, 104, 2)])).toBe('5 min 10 s left');
  });
  it('is that of the whole run without phases', () => {
    expect(leftAfter(jobOf({ epochs: 10 }), [stepAt(1, 1, 0), stepAt(1, 6, 5)])).toBe('1 min 30 s left');
  });
});

describe('the table of epochs', () => {
  async function tableOf(request: object, scores: object): Promise<string> {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()] as unknown as [
      NodeJS.WriteStream,
      NodeJS.WriteStream,
    ];
    const view = createFollowView(
      createOutput({ json: false, quiet: false, noColor: true }, stdout, stderr),
      jobOf(request),
    );
    view.show(epochOf(1, 10, { imagesPerSecond: 5, ...scores }));
    stderr.end();
    return text(stderr);
  }
  const dataset = { validationSamples: 10 };
  const scores = { validationAccuracy: 0.8, validationMacroF1: 0.75, validationBalancedAccuracy: 0.7 };

  it('has macro-F1 next to the validation accuracy, and the balanced accuracy if the run watches it', async () => {
    expect(await tableOf({}, {})).toMatch(/loss +train +test +time/);
    expect(await tableOf({ dataset }, scores)).toMatch(
      /train +valid\. +F1 +test.*\n.*50\.0 % +80\.0 % +75\.0 % +50\.0 %/,
    );
    const earlyStopping = { metric: 'validationBalancedAccuracy' };
    expect(await tableOf({ dataset, earlyStopping }, scores)).toMatch(/F1 +bal\. +test.*\n.*75\.0 % +70\.0 % +50\.0 %/);
  });
});
