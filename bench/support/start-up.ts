/** Time from the start of a trainer's process to its first step. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../src/config.js';
import type { StepEvent } from '../../src/contracts/jobs/frame.js';
import type { JobSpec } from '../../src/contracts/jobs/job.js';
import { createLogger } from '../../src/logging/logger.js';
import { createTrainerStarter } from '../../src/processes/trainer-process.js';

const TRAINER = new URL('../../dist/trainer.js', import.meta.url);

/** Seconds from the start of the process to the beginning and to the end of the first step. */
export type StartUp = Readonly<{ stepBegins: number; stepEnds: number }>;

/**
 * Starts the service's trainer as the worker does, on the whole data set, and stops it after its first step. The step ends
 * when its event arrives; the event also reports how long the step took.
 */
export async function measureStartUp(spec: JobSpec): Promise<StartUp> {
  const modelsDir = await mkdtemp(join(tmpdir(), 'trainyard-bench-'));
  try {
    const { datasetsDir } = loadConfig();
    const startTrainer = createTrainerStarter({
      datasetsDir,
      modelsDir,
      checkpointsDir: join(modelsDir, 'checkpoints'),
      trainerUrl: TRAINER,
    });
    let first: Readonly<{ event: StepEvent; seconds: number }> | undefined;
    const began = performance.now();
    const trainer = startTrainer({
      jobId: 'start-up',
      spec,
      attempt: 1,
      logger: createLogger('bench', 'error'),
      onEvent: (event) => {
        if (event.type !== 'step' || first !== undefined) return;
        first = { event, seconds: (performance.now() - began) / 1000 };
        trainer.kill();
      },
    });
    const outcome = await trainer.outcome;
    if (first === undefined) throw new Error(`The trainer ended before its first step: ${JSON.stringify(outcome)}`);
    const stepSeconds = spec.batchSize / first.event.imagesPerSecond;
    return { stepBegins: first.seconds - stepSeconds, stepEnds: first.seconds };
  } finally {
    await rm(modelsDir, { recursive: true });
  }
}
