/** Prints a network's layers, output shapes and parameters: `npm run summary -- resnet --input 1x224x224`. */
import { parseArgs } from 'node:util';
import { formatSummary } from '../dist/api/summary-table.js';
import { NETWORK_NAMES, resolveNetworkOptions, variantsOf } from '../dist/contracts/networks/network.js';
import { summarize } from '../dist/networks/index.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    input: { type: 'string', default: '1x96x96' },
    classes: { type: 'string', default: '10' },
    variant: { type: 'string' },
  },
});
const [name = ''] = positionals;
const [channels = 0, height = 0, width = 0] = values.input.split('x').map(Number);
const sizes = [channels, height, width, Number(values.classes)];
const network = NETWORK_NAMES.find((known) => known === name);
const variants = network === undefined ? [] : variantsOf(network);
const variant = values.variant ?? variants[0] ?? '';
if (
  network === undefined ||
  !variants.includes(variant) ||
  !sizes.every((size) => Number.isInteger(size) && size > 0)
) {
  console.error(
    `Usage: npm run summary -- <${NETWORK_NAMES.join(' | ')}> [--variant resnet50] [--input 1x96x96] [--classes 10]`,
  );
  process.exit(2);
}
const request = /** @type {object} */ ({ variant });
const architecture = { network, networkOptions: resolveNetworkOptions(network, request) };
try {
  process.stdout.write(formatSummary(summarize(architecture, { channels, height, width }, Number(values.classes))));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
