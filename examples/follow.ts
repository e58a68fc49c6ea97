/**
 * Follows a job to its end and prints its progress. If the connection is lost, the example reconnects and continues
 * after the last frame it has seen: frames are numbered, and `after` names that number.
 *
 *   npx tsx examples/follow.ts <job id>
 */
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { positionOf, type StreamFrame } from '../src/contracts/jobs/frame.js';

const service = process.env['TRAINYARD_URL'] ?? 'http://127.0.0.1:3000';
const [id = ''] = process.argv.slice(2);

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

function lineOf(frame: StreamFrame): string {
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

/** Reads the stream from the frame after `after` on. Resolves with the close code. */
function read(after: number, onFrame: (frame: StreamFrame) => void): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${service.replace(/^http/, 'ws')}/jobs/${id}/metrics?after=${after}`);
    socket.on('message', (text) => onFrame(JSON.parse(String(text)) as StreamFrame));
    socket.on('close', resolve);
    socket.on('unexpected-response', (_, response) =>
      reject(new Error(`The service refused: ${response.statusCode}.`)),
    );
    socket.on('error', () => undefined);
  });
}

let seen = 0;
const onFrame = (frame: StreamFrame): void => {
  seen = positionOf(frame);
  console.log(lineOf(frame));
};
// 1000: the job has ended. 4000 or more: the service cannot continue the stream. Otherwise the connection was lost.
for (let code = 0; code !== 1000 && code < 4000; ) {
  code = await read(seen, onFrame);
  if (code > 1000 && code < 4000) await delay(1_000);
}
