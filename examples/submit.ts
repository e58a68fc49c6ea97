/**
 * Submits a job and prints its id.
 *
 *   npx tsx examples/submit.ts resnet
 *   npx tsx examples/submit.ts densenet '{"epochs": 1, "dataset": {"resize": 32, "trainSamples": 6000}}'
 */
const service = process.env['TRAINYARD_URL'] ?? 'http://127.0.0.1:3000';
const [network = 'resnet', settings = '{}'] = process.argv.slice(2);

const response = await fetch(`${service}/jobs`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ network, ...(JSON.parse(settings) as object) }),
});
if (response.ok) {
  const job = (await response.json()) as { id: string };
  console.log(job.id);
} else {
  // Every error is a problem document (RFC 9457): a sentence, and a pointer to each wrong field.
  const problem = (await response.json()) as { detail: string; errors?: { pointer: string; message: string }[] };
  console.error(problem.detail);
  for (const { pointer, message } of problem.errors ?? []) console.error(`  ${pointer} ${message}`);
  process.exitCode = 1;
}
