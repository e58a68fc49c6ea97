/** `trainyard models add`: imports weights from a file, from an address, or from the service's machine. */
import { readFileSync, statSync } from 'node:fs';
import { type Command, Option } from 'commander';
import type { ImportSamples, ModelImport } from '../../client/index.js';
import type { RequestField } from '../../contracts/submission/field-table.js';
import { modelNameOf } from '../../wording/default-name.js';
import { assign, jobFields } from '../assignments.js';
import { type Context, openContext } from '../context.js';
import { usageError } from '../exit-codes.js';
import { networkNamed } from '../network-word.js';
import { countText } from '../output/numbers-text.js';
import { factLines } from '../output/table.js';

type AddOptions = Readonly<{
  name?: string;
  classes?: string;
  origin?: string;
  network?: string;
  networkOptions?: readonly string[];
  size: string;
  image?: string;
  channels: string;
  preset: string;
  cropShare?: string;
  preprocessing?: string;
  sample?: readonly string[];
  logits?: string;
  sha256?: string;
  onService?: boolean;
}>;

const IMAGENET = 'imagenet-1k';
type Preprocessing = NonNullable<ModelImport['preprocessing']>;
type PresetName = NonNullable<Preprocessing['preset']>;
const PRESETS = ['torchvision', 'timm', 'keras', 'none'] as const;

const NETWORK_OPTIONS = 'networkOptions.';
/** Options of a network that `--network-options` can set. */
const optionFields: readonly RequestField[] = jobFields
  .filter(({ path }) => path.startsWith(NETWORK_OPTIONS))
  .map((field) => ({ ...field, path: field.path.slice(NETWORK_OPTIONS.length) }));

export function registerAddModel(models: Command): void {
  models
    .command('add')
    .description('Import weights of PyTorch (.pth, .pt, .bin) or safetensors as a new version of a model.')
    .argument('<file or URL>', 'weights of torchvision, timm, Hugging Face or the tutorial')
    .option('--classes <classes>', `${IMAGENET}, names separated by commas, or a text file with one name per line`)
    .option('--name <name>', 'name of the model (default: the name of the file)')
    .option('--origin <id>', 'id of the pretrained model, such as timm/resnet18.a1_in1k; other weights are refused')
    .option('--network <name>', 'resnet, densenet or a variant such as resnet50 (default: follows from the weights)')
    .option('--network-options <key=value...>', 'options of the network, such as blocks=1,1,1 width=16')
    .option('--size <pixels>', "side of the network's input", '224')
    .option('--image <size>', 'height x width to which predictions fit an image, such as 256x192 (default: --size)')
    .addOption(new Option('--channels <count>', '1: grey, 3: colour').choices(['1', '3']).default('3'))
    .addOption(
      new Option('--preset <name>', 'preprocessing that the weights expect; none: the whole image on black, 0 to 1')
        .choices(PRESETS)
        .default('torchvision'),
    )
    .option('--crop-share <share>', 'part of the shorter side that the preset keeps (default: 0.875)')
    .option('--preprocessing <json>', 'further fields of the preprocessing, such as {"fit": "contain"}')
    .option('--sample <image...>', 'images, at most 8: the weights are refused unless predictions reproduce --logits')
    .option('--logits <file>', 'JSON with the logits that the origin computed for each sample, before the softmax')
    .option('--sha256 <digest>', 'SHA-256 of the file; required with a URL, optional with --on-service')
    .option('--on-service', "the file is in the service's IMPORT_DIR")
    .action((source: string, options: AddOptions, command: Command) => addModel(openContext(command), source, options));
}

async function addModel({ client, output, signal }: Context, source: string, options: AddOptions): Promise<void> {
  const isUrl = /^https?:\/\//.test(source);
  const isFile = !isUrl && options.onService !== true;
  if (isFile && statSync(source, { throwIfNoEntry: false })?.isFile() !== true)
    throw usageError(`There is no file ${source}.`, 'Files in IMPORT_DIR of the service need --on-service.');
  if (isUrl && options.sha256 === undefined)
    throw usageError('A URL needs --sha256.', 'The page of the file names it; or compute it: sha256sum <file>.');
  if (isFile && options.sha256 !== undefined)
    throw usageError('--sha256 is for an address, or for a file with --on-service.', 'The file is sent as it is.');
  const spec = specOf(source, options);
  const samples = samplesOf(options);
  const sha256 = options.sha256 === undefined ? {} : { sha256: options.sha256 };
  const { models } = await client();
  const version = isFile
    ? await models.import(spec, source, { signal, samples })
    : await models.import(
        { ...spec, weights: { ...(isUrl ? { url: source } : { path: source }), ...sha256 } },
        undefined,
        { signal, samples },
      );
  if (output.json) return output.value(version);
  const { manifest } = version;
  const reference = `${manifest.name}@${manifest.version}`;
  if (output.quiet) return output.line(reference);
  const { variant } = manifest.spec.networkOptions;
  const network = variant === 'tutorial' ? manifest.spec.network : variant;
  output.lines(
    factLines([
      ['model', reference],
      [
        'network',
        `${network}, ${countText(manifest.parameters)} parameters, ${countText(manifest.classes.length)} classes`,
      ],
      ['predict', `trainyard predict <image> --model ${reference}`],
    ]),
  );
}

function specOf(source: string, options: AddOptions): ModelImport {
  const { name, classes, origin, size, channels } = options;
  const side = Number(size);
  if (!Number.isInteger(side)) throw usageError(`--size must be a whole number (got ${JSON.stringify(size)}).`);
  const [height, width] = options.image === undefined ? [side, side] : imageSizeOf(options.image);
  const preprocessing = preprocessingOf(options);
  return {
    name: name ?? modelNameOf(source),
    classes: requireClasses(classes),
    ...networkOf(options),
    image: { height, width, channels: channels === '1' ? 1 : 3 },
    resize: side,
    ...(origin !== undefined && { origin }),
    ...(Object.keys(preprocessing).length > 0 && { preprocessing }),
  };
}

/** Returns the network with its options; nothing without `--network`, because both then follow from the weights. */
function networkOf({ network: word, networkOptions: assignments = [] }: AddOptions): object {
  if (word === undefined && assignments.length > 0)
    throw usageError('--network-options needs --network.', 'Without both, the network follows from the weights.');
  if (word === undefined) return {};
  const { network, variant } = networkNamed(word);
  return { network, networkOptions: assign(variant === undefined ? {} : { variant }, assignments, optionFields) };
}

/** Returns height and width of `256x192`, in pixels. */
function imageSizeOf(text: string): readonly [height: number, width: number] {
  const [, height, width] = /^(\d{1,5})[x×](\d{1,5})$/i.exec(text) ?? [];
  if (height !== undefined && width !== undefined) return [Number(height), Number(width)];
  throw usageError(
    `--image must be height x width in pixels (got ${JSON.stringify(text)}).`,
    'Write --image 256x192 for images that are 256 pixels high and 192 wide.',
  );
}

/** Returns the fields of the preset and of the options. An explicit field of --preprocessing wins. */
function preprocessingOf({ preset, cropShare, preprocessing, channels }: AddOptions): Preprocessing {
  const share = cropShare === undefined ? undefined : Number(cropShare);
  if (share !== undefined && !(share > 0 && share <= 1))
    throw usageError(`--crop-share must be a number from 0.1 to 1 (got ${JSON.stringify(cropShare)}).`);
  const fields: Preprocessing = preprocessing === undefined ? {} : objectOf(preprocessing);
  if (channels === '1' && preset !== 'none' && fields.normalization === undefined) throw presetOfColour(preset);
  return {
    ...(preset !== 'none' && { preset: preset as PresetName }),
    ...(share !== undefined && { cropShare: share }),
    ...fields,
  };
}

const presetOfColour = (preset: string): Error =>
  usageError(
    `--preset ${preset} normalizes colour images, and --channels is 1.`,
    'Give --preset none, or a normalization: --preprocessing \'{"normalization": {"mean": [0.5], "std": [0.5]}}\'.',
  );

function objectOf(text: string): Preprocessing {
  const value = parsed(text);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw usageError(
    `--preprocessing must be a JSON object (got ${JSON.stringify(text)}).`,
    'Write --preprocessing \'{"fit": "contain", "background": "white"}\'.',
  );
}

/** Returns the samples with their logits. Throws a usage error if one of the two is missing, or if their numbers differ. */
function samplesOf({ sample: images, logits: file }: AddOptions): ImportSamples | undefined {
  if (images === undefined && file === undefined) return undefined;
  if (images === undefined || file === undefined)
    throw usageError(
      `${images === undefined ? '--logits needs --sample' : '--sample needs --logits'}: a sample is an image with its logits.`,
      'Write --sample cat.jpg dog.jpg --logits logits.json.',
    );
  for (const path of [...images, file])
    if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) throw usageError(`There is no file ${path}.`);
  const logits = parsed(readFileSync(file, 'utf8'));
  if (!isTable(logits)) throw usageError(`${file} must be JSON with a list of numbers for each sample.`);
  const [rows, count] = [logits.length, images.length];
  if (rows !== count)
    throw usageError(
      `${file} has logits of ${rows} image${rows === 1 ? '' : 's'}, but there ${count === 1 ? 'is 1 sample' : `are ${count} samples`}.`,
    );
  return { images, logits };
}

const isTable = (value: unknown): value is number[][] =>
  Array.isArray(value) &&
  value.every((row) => Array.isArray(row) && row.every((each) => typeof each === 'number' && Number.isFinite(each)));

/** Returns the value of a JSON text, or undefined if it is none. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function requireClasses(text: string | undefined): ModelImport['classes'] {
  if (text !== undefined) return classesOf(text);
  throw usageError(
    'models add needs --classes: the names of the classes in the order of the outputs.',
    `Write --classes ${IMAGENET}, names such as --classes cat,dog, or a text file with one name per line.`,
  );
}

/** Returns the class names of a list, or of a file with one name per line. */
function classesOf(text: string): ModelImport['classes'] {
  if (text === IMAGENET) return IMAGENET;
  const isFile = statSync(text, { throwIfNoEntry: false })?.isFile() === true;
  const parts = isFile ? readFileSync(text, 'utf8').split(/\r?\n/) : text.split(',');
  const names = parts.map((each) => each.trim()).filter((each) => each !== '' || !isFile);
  requireNames(names, text);
  return names;
}

/** Refuses names that no model can have before the weights are sent. */
function requireNames(names: readonly string[], text: string): void {
  const once = 'Name each class once, in the order of the outputs.';
  const repeated = names.find((name, index) => names.indexOf(name) < index);
  if (names.includes('')) throw usageError(`--classes has an empty name (got ${JSON.stringify(text)}).`, once);
  if (repeated !== undefined) throw usageError(`--classes has ${JSON.stringify(repeated)} twice.`, once);
  if (names.length < 2)
    throw usageError(
      `--classes needs at least two names (got ${JSON.stringify(text)}).`,
      'Separate names by commas, or give a text file with one name per line.',
    );
}
