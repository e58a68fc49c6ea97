/**
 * Follows a job to its end and prints its progress. If the connection is lost, the client reconnects and continues
 * after the last frame it has seen.
 *
 *   npx tsx examples/follow.ts <job id>
 */
import { type Frame, isTrainyardError, Trainyard } from 'trainyard';

const [id = ''] = process.argv.slice(2);

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

function lineOf(frame: Frame): string {
  switch (frame.type) {
    case 'status':
      return frame.reason ? `${frame.status}: ${frame.reason.message}` : frame.status;
    case 'change':
      return `changed: ${JSON.stringify(frame.from)} to ${JSON.stringify(frame.to)}`;
    case 'resume':
      return `resumes in epoch ${frame.epoch} after step ${frame.step}`;
    case 'start':
      return `starts (${frame.mode}) in epoch ${frame.epoch} after step ${frame.step}`;
    case 'step': {
      const { epoch, step, steps, loss, imagesPerSecond } = frame;
      return `  epoch ${epoch} step ${step}/${steps}: loss ${loss?.toFixed(3)}, ${imagesPerSecond} images/s`;
    }
    case 'epoch': {
      const { epoch, epochs, trainLoss, trainAccuracy, testAccuracy, seconds } = frame;
      const accuracies = `train accuracy ${percent(trainAccuracy)}, test accuracy ${percent(testAccuracy)}`;
      return `epoch ${epoch}/${epochs}: loss ${trainLoss?.toFixed(3)}, ${accuracies}, ${seconds.toFixed(1)} s`;
    }
    case 'gap':
      if ('seq' in frame) return `  (the steps up to step ${frame.step} of epoch ${frame.epoch} were lost)`;
      return `  (${frame.to - frame.from + 1} steps are no longer kept)`;
    case 'end':
      if (frame.error) return `${frame.status}: ${frame.error.message}`;
      if (frame.model)
        return `${frame.status}: model ${frame.model.name}, version ${frame.model.version}. ${frame.reason?.message ?? ''}`;
      return frame.status;
  }
}

try {
  for await (const frame of new Trainyard().jobs.follow(id)) console.log(lineOf(frame));
} catch (error) {
  if (!isTrainyardError(error)) throw error;
  console.error(`The service refused: ${error.status}. ${error.detail}`);
  process.exitCode = 1;
}
