/** Main calls of the client, the same in every runtime: a browser, Deno, Bun and Node.js. */

/** A job that trains within seconds. @type {import('../../../src/client/index.js').JobSubmission & { network: 'resnet' }} */
const SMALL = {
  network: 'resnet',
  networkOptions: { stem: 'small', width: 8, blocks: [1] },
  batchSize: 4,
  epochs: 2,
  stepInterval: 1,
};

/**
 * Imports images, trains on them, follows the job in both ways, predicts and exports, and aborts a call. Returns what it saw, as JSON.
 * @param {import('../../../src/client/index.js').Trainyard} trainyard
 * @param {Readonly<{ name: string; images: string | readonly File[]; image: Blob }>} input
 *   `name`: of the data set and the model. `images`: folder with one folder for each class. `image`: an image file.
 */
export async function runMainFlow(trainyard, { name, images, image }) {
  const { classes } = await trainyard.datasets.import(name, images, { side: 8 });
  const job = await trainyard.jobs.submit({ ...SMALL, dataset: { name, resize: 8 }, name });
  const frames = [];
  for await (const frame of trainyard.jobs.follow(job.id)) frames.push(frame);
  const several = [];
  for await (const frame of trainyard.jobs.followAll({ jobs: [job.id] })) several.push(frame);
  const { status } = await trainyard.jobs.wait(job.id);
  const { predictions } = await trainyard.models.predict(image, { model: name, topK: 1 });
  return {
    classes,
    status,
    epochs: frames.filter(({ type }) => type === 'epoch').length,
    last: frames.at(-1)?.type,
    same: JSON.stringify(frames) === JSON.stringify(several),
    predicted: classes.includes(predictions[0]?.[0]?.label ?? ''),
    exported: await exportedFile(trainyard, name),
    refused: await refusedField(trainyard),
    aborted: await abortedReason(trainyard, name),
  };
}

/**
 * Returns what the client says about an export: whether the name has that of the model, the share of its size that the stream delivered, and
 * the digits of its digest.
 * @param {import('../../../src/client/index.js').Trainyard} trainyard
 * @param {string} name
 */
async function exportedFile(trainyard, name) {
  const { stream, size, fileName, sha256 } = await trainyard.models.export(name, 1, { format: 'safetensors' });
  const reader = stream.getReader();
  let received = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return [fileName.startsWith(name), received / (size ?? Number.NaN), sha256?.length];
    received += value.length;
  }
}

/**
 * Returns the field that the service refuses.
 * @param {import('../../../src/client/index.js').Trainyard} trainyard
 */
async function refusedField(trainyard) {
  try {
    await trainyard.jobs.submit({ network: 'resnet', epochs: 0 });
    return 'nothing';
  } catch (error) {
    const { code, errors } = /** @type {import('../../../src/client/index.js').TrainyardError} */ (error);
    return `${code} ${errors[0]?.pointer}`;
  }
}

/**
 * Follows a job, aborts in the middle of its stream and cancels the job. Returns the reason that the call rejected with.
 * @param {import('../../../src/client/index.js').Trainyard} trainyard
 * @param {string} name
 */
async function abortedReason(trainyard, name) {
  const { id } = await trainyard.jobs.submit({ ...SMALL, epochs: 10_000, dataset: { name, resize: 8 } });
  const controller = new AbortController();
  try {
    for await (const frame of trainyard.jobs.follow(id, { signal: controller.signal }))
      if (frame.type === 'step') controller.abort('seen enough');
    return 'nothing';
  } catch (reason) {
    await trainyard.jobs.cancel(id);
    return `${reason}, ${(await trainyard.jobs.wait(id)).status}`;
  }
}
