/**
 * Predicts what an image shows. Without a model name, the version with the label `stable` of the only model answers.
 *
 *   npx tsx examples/predict.ts boot.png fashion-mnist-resnet
 *   npx tsx examples/predict.ts boot.png fashion-mnist-resnet@1
 */
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';

const service = process.env['TRAINYARD_URL'] ?? 'http://127.0.0.1:3000';
const [file = '', model] = process.argv.slice(2);

const type = /^\.jpe?g$/i.test(extname(file)) ? 'image/jpeg' : 'image/png';
const query = model === undefined ? '' : `?${new URLSearchParams({ model })}`;
const response = await fetch(`${service}/predict${query}`, {
  method: 'POST',
  headers: { 'content-type': type },
  body: await readFile(file),
});
const answer = (await response.json()) as {
  detail?: string;
  model: { name: string; version: number };
  predictions: { label: string; probability: number }[][];
};
if (response.ok) {
  console.log(`${answer.model.name}, version ${answer.model.version}:`);
  for (const { label, probability } of answer.predictions[0] ?? []) {
    console.log(`  ${(100 * probability).toFixed(1).padStart(5)} %  ${label}`);
  }
} else {
  console.error(answer.detail);
  process.exitCode = 1;
}
