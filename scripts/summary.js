/** Prints a network's layers, output shapes and parameters: `npm run summary -- resnet --input 1x224x224`. */
import { parseArgs } from 'node:util';
import { networks, summarize } from '../dist/networks/index.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { input: { type: 'string', default: '1x96x96' }, classes: { type: 'string', default: '10' } },
});
const [name = ''] = positionals;
const [channels, height, width] = values.input.split('x').map(Number);
if (
  !Object.hasOwn(networks, name) ||
  ![channels, height, width, Number(values.classes)].every((size) => Number.isInteger(size) && size > 0)
) {
  console.error(`Usage: npm run summary -- <${Object.keys(networks).join(' | ')}> [--input 1x96x96] [--classes 10]`);
  process.exit(2);
}
try {
  print(summarize(name, { channels, height, width }, Number(values.classes)));
} catch (error) {
  console.error(error.message);
  process.exit(1);
}

/** @param {import('../src/contracts/network.js').NetworkSummary} summary */
function print({ layers, parameters, runningValues }) {
  const rows = layers.map((layer) => [
    layer.name,
    layer.outputShape.join(' × '),
    layer.parameters.toLocaleString('en'),
  ]);
  const table = [['layer', 'output shape', 'parameters'], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((row) => row[column].length)));
  for (const [layer, shape, count] of table) {
    console.log(`${layer.padEnd(widths[0])}  ${shape.padEnd(widths[1])}  ${count.padStart(widths[2])}`);
  }
  console.log(
    `\n${parameters.toLocaleString('en')} trainable parameters, ${runningValues.toLocaleString('en')} running values of BatchNorm`,
  );
}
