/** Network of an import: as requested, or as the weights show; and explanations if weights do not fit it. */
import { Check } from 'typebox/value';
import { countClasses, IMAGENET, type ModelImport } from '../../contracts/models/model-import.js';
import { architectureOfId } from '../../contracts/models/model-origin.js';
import {
  type Architecture,
  checkNetworkOptions,
  NETWORK_NAMES,
  optionsSchemaOf,
  resolveNetworkOptions,
  variantsOf,
} from '../../contracts/networks/network.js';
import { TrainyardError } from '../../errors/errors.js';
import { foreignArchitecture } from './foreign-architectures.js';
import { type Inferred, inferArchitecture, type Shapes } from './infer-architecture.js';

/**
 * Returns the network of an import with its options. Throws `invalid_weights` if the weights have to show the network and do not, or if
 * they are of another architecture than `origin`.
 */
export function chooseArchitecture({ network, networkOptions, origin }: ModelImport, shapes: Shapes): Architecture {
  const inferred = inferArchitecture(shapes);
  if (origin !== undefined) requireOrigin(origin, shapes, inferred);
  if (network !== undefined && network !== 'auto')
    return { network, networkOptions: resolveNetworkOptions(network, networkOptions) };
  if (inferred === undefined || foreignArchitecture(shapes) !== undefined)
    throw unfit(`${describeForeign(shapes)} This service has ${known()}`);
  const { network: inferredNetwork, networkOptions: options } = inferred;
  if (!Check(optionsSchemaOf(inferredNetwork), options) || checkNetworkOptions(inferred).length > 0)
    throw unfit(`${describe(inferred)}, which is beyond the options of ${inferred.network}`);
  return { network: inferredNetwork, networkOptions: options };
}

function requireOrigin(origin: string, shapes: Shapes, inferred: Inferred | undefined): void {
  const expected = architectureOfId(origin);
  const found = inferred && nameOf(inferred);
  const isForeign = foreignArchitecture(shapes) !== undefined;
  if (found === expected && !isForeign) return;
  const fault = `\`origin\` says ${expected}, and`;
  if (inferred === undefined || isForeign)
    throw unfit(`${fault} ${lowerFirst(describeForeign(shapes).replace(/\.$/, ''))}`);
  throw unfit(`${fault} ${lowerFirst(describe(inferred))}. Correct \`origin\`, or leave it out`);
}

type Ends = Readonly<{ classes: number; channels: number }>;

/**
 * Returns sentences that say why weights do not fit a network: the architecture, the outputs or the input channels they are of. Returns
 * undefined if they are of that network and `ends` too.
 */
export function explainMismatch({ network, networkOptions }: Architecture, ends: Ends, shapes: Shapes) {
  const inferred = inferArchitecture(shapes);
  const isForeign = inferred === undefined || foreignArchitecture(shapes) !== undefined;
  const isSame = inferred?.network === network && haveSameSizes(inferred.networkOptions, networkOptions);
  if (isForeign) return describeForeign(shapes);
  if (!isSame) return `${describe(inferred)}. Set \`network\` and \`networkOptions\` to it, or leave out both.`;
  const sentences = [...channelFault(inferred, ends), ...classFault(inferred, ends)];
  return sentences.length === 0 ? undefined : sentences.join(' ');
}

function channelFault({ channels: found }: Inferred, { channels }: Ends): string[] {
  if (found === channels) return [];
  return [`They take images of ${found} channel${found === 1 ? '' : 's'}, and \`image.channels\` is ${channels}.`];
}

function classFault({ classes: found }: Inferred, { classes }: Ends): string[] {
  if (found === classes) return [];
  const advice = found === countClasses({ classes: IMAGENET }) ? ` For ImageNet's classes, send "${IMAGENET}".` : '';
  return [`They have ${found} outputs, and \`classes\` has ${classes} names.${advice}`];
}

/** Options that change names or shapes of weights. */
const SIZES = ['variant', 'stem', 'stemKernel', 'width', 'growth', 'blocks'];

const haveSameSizes = (one: object, other: object): boolean =>
  SIZES.every((name) => String(Reflect.get(one, name)) === String(Reflect.get(other, name)));

function describeForeign(shapes: Shapes): string {
  const foreign = foreignArchitecture(shapes);
  return foreign === undefined ? 'They look like no known network.' : `They look like ${foreign}.`;
}

/** Architectures of timm that are no variant of this service but follow from its options. */
const UNNAMED: Readonly<Record<string, string>> = { '2,2,2,2': 'resnet26', '3,24,36,3': 'resnet200' };

/** Returns the published name of a network; undefined if it has none. */
function nameOf({ variant, network, networkOptions }: Inferred): string | undefined {
  if (variant !== undefined) return variant;
  const { blocks, width, stem, variant: nearest } = networkOptions;
  const isBottleneck = network === 'resnet' && !['tutorial', 'resnet18', 'resnet34'].includes(nearest);
  return isBottleneck && width === 64 && stem === 'classic' ? UNNAMED[blocks.join()] : undefined;
}

function describe(inferred: Inferred): string {
  const { network, networkOptions, classes } = inferred;
  const { blocks, width, variant } = networkOptions;
  const name = nameOf(inferred);
  const own =
    name === undefined ? `a ${network} like ${variant} with blocks ${blocks.join('-')} and width ${width}` : name;
  return `They look like ${own === 'tutorial' ? `the tutorial's ${network}` : own} with ${classes} outputs`;
}

const known = (): string =>
  NETWORK_NAMES.map((network) => `${network} (${variantsOf(network).join(', ')})`).join(' and ');

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

const unfit = (fault: string): TrainyardError =>
  new TrainyardError('invalid_weights', `The weights do not fit: ${lowerFirst(fault)}.`, {
    errors: [{ pointer: '/weights', message: lowerFirst(fault) }],
  });
