/**
 * Predicts what an image shows. Without a model name, the version with the label `stable` of the only model answers.
 *
 *   npx tsx examples/predict.ts boot.png fashion-mnist-resnet
 *   npx tsx examples/predict.ts boot.png fashion-mnist-resnet@1
 */
import { isTrainyardError, Trainyard } from 'trainyard';

const [file = '', model] = process.argv.slice(2);

try {
  const answer = await new Trainyard().models.predict(file, { model });
  const used = answer.model;
  if ('version' in used) console.log(`${used.name}, version ${used.version}:`);
  for (const { label, probability } of answer.predictions[0] ?? []) {
    console.log(`  ${(100 * probability).toFixed(1).padStart(5)} %  ${label}`);
  }
} catch (error) {
  if (!isTrainyardError(error)) throw error;
  console.error(error.detail);
  process.exitCode = 1;
}
