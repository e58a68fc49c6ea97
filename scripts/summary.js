/** Prints a network's layers, output shapes and parameters: `npm run summary -- resnet --input 1x224x224`. */
import { parseArgs } from 'node:util';
import { formatSummary } from '../dist/api/summary-table.js';
import { networks, summarize } from '../dist/networks/index.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { input: { type: 'string', default: '1x96x96' }, classes: { type: 'string', default: '10' } },
});
const [name = ''] = positionals;
const [channels = 0, height = 0, width = 0] = values.input.split('x').map(Number);
const sizes = [channels, height, width, Number(values.classes)];
const network = name === 'resnet' || name === 'densenet' ? name : undefined;
if (network === undefined || !sizes.every((size) => Number.isInteger(size) && size > 0)) {
  console.error(`Usage: npm run summary -- <${Object.keys(networks).join(' | ')}> [--input 1x96x96] [--classes 10]`);
  process.exit(2);
}
try {
  process.stdout.write(formatSummary(summarize(network, { channels, height, width }, Number(values.classes))));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
