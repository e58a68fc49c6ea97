/** Predictor process on its own: it answers, ignores signals of the terminal, and ends with its parent. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { PredictorCommand, PredictorMessage } from '../src/contracts/processes/trainer-messages.js';

let child: ChildProcess;
beforeEach(async () => {
  child = fork(new URL('../dist/predictor.js', import.meta.url), { serialization: 'advanced', silent: true });
  expect(await answer()).toEqual({ type: 'ready' });
});
afterEach(() => child.kill('SIGKILL'));

async function answer(): Promise<PredictorMessage> {
  const [message] = (await once(child, 'message')) as [PredictorMessage];
  return message;
}

function ask(path: string): void {
  const [sha256, shape] = ['0'.repeat(64), [1, 28, 28, 1] as const];
  const graph = { runtime: 'onnxruntime', path, sha256, precision: 'float32' } as const;
  child.send({ type: 'predict', id: 7, ...graph, shape, pixels: new Uint8Array(784) } satisfies PredictorCommand);
}

test('keeps answering after SIGINT and SIGTERM, which its parent handles', async () => {
  child.kill('SIGINT');
  child.kill('SIGTERM');
  ask('/nowhere/model.onnx');
  expect(await answer()).toEqual({
    type: 'failed',
    id: 7,
    error: { code: 'model_corrupt', message: expect.stringContaining('/nowhere/model.onnx cannot be read') },
  });
});

test('ends when its parent has disconnected', async () => {
  const exit = once(child, 'exit');
  child.disconnect();
  expect(await exit).toEqual([0, null]);
});
