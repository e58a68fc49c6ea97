/** What a job's spec must hold to beyond its schema: it fits the data set, the network and itself. */
import type { JobSpec } from '../contracts/job.js';
import { checkNetworkOptions, type DatasetInfo } from '../contracts/network.js';
import { type FieldError, TrainyardError } from '../errors.js';
import type { Networks } from './deps.js';
import { refuseFields } from './validation.js';

/** A model's serving graph holds its numbers in one file of at most 2 GiB: TensorFlow's limit. */
const MOST_PARAMETERS = 500_000_000;

/** Throws `invalid_request` with a pointer to each field that does not fit. */
export function checkSpec(
  spec: JobSpec,
  deps: Readonly<{ networks: Networks; datasets: Readonly<Record<JobSpec['dataset']['name'], DatasetInfo>> }>,
): void {
  const { dataset, optimizer } = spec;
  const info = deps.datasets[dataset.name];
  const errors: FieldError[] = [];
  for (const field of ['trainSamples', 'testSamples'] as const) {
    if (dataset[field] > info[field]) {
      errors.push({
        pointer: `/dataset/${field}`,
        message: `must be at most ${info[field]}, the images ${info.name} has, not ${dataset[field]}`,
      });
    }
  }
  if (optimizer.name === 'sgd' && optimizer.nesterov && optimizer.momentum === 0) {
    errors.push({ pointer: '/optimizer/nesterov', message: 'needs a momentum greater than 0' });
  }
  for (const { pointer, message } of checkNetworkOptions(spec.networkOptions)) {
    errors.push({ pointer: `/networkOptions${pointer}`, message });
  }
  try {
    const input = { channels: info.channels, height: dataset.resize, width: dataset.resize };
    const { parameters } = deps.networks.summarize(spec, input, info.classes.length);
    if (parameters > MOST_PARAMETERS) {
      const counts = [parameters, MOST_PARAMETERS].map((count) => count.toLocaleString('en-US'));
      errors.push({
        pointer: '/networkOptions',
        message: `make ${counts[0]} parameters; at most ${counts[1]} can be stored`,
      });
    }
  } catch (error) {
    if (!(error instanceof TrainyardError)) throw error;
    errors.push({
      pointer: '/dataset/resize',
      message: `does not fit the network: ${error.message.replace(/\.$/, '')}`,
    });
  }
  if (errors.length > 0) throw refuseFields(errors);
}
