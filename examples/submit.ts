/**
 * Submits a job and prints its id.
 *
 *   npx tsx examples/submit.ts resnet
 *   npx tsx examples/submit.ts densenet '{"epochs": 1, "dataset": {"resize": 32, "trainSamples": 6000}}'
 */
import { isTrainyardError, type JobSubmission, Trainyard } from 'trainyard';

const [network = 'resnet', settings = '{}'] = process.argv.slice(2);

try {
  const job = await new Trainyard().jobs.submit({ network, ...(JSON.parse(settings) as object) } as JobSubmission);
  console.log(job.id);
} catch (error) {
  if (!isTrainyardError(error)) throw error;
  // Every error is a sentence, and a pointer to each wrong field.
  console.error(error.detail);
  for (const { pointer, message } of error.errors) console.error(`  ${pointer} ${message}`);
  process.exitCode = 1;
}
