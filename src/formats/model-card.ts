/** Model cards: descriptions of models in Markdown for the people who use them (Mitchell et al. 2019, arXiv:1810.03993). */

import { type JobSpec, sameDraw, trainedImages } from '../contracts/jobs/job.js';
import { type Evaluation, type LeakScores, whyNotEvaluated } from '../contracts/models/evaluation.js';
import { isJobSpec, type ModelManifest } from '../contracts/models/model.js';
import { preprocessingPython, preprocessingSteps } from './preprocessing-recipe.js';

/** Maximum number of classes that a card lists. */
const MAX_CLASSES = 100;

/** Returns the card in Markdown. Without an evaluation, the card says why there is none. */
export function writeModelCard(manifest: ModelManifest, evaluation: Evaluation | undefined): string {
  const { name, version, classes, parameters, preprocessing } = manifest;
  const { height, width, channels } = preprocessing;
  const sections = [
    `# ${name}, version ${version}`,
    `${text(manifest.spec.network)} with ${parameters.toLocaleString('en')} parameters, ${originOf(manifest)}.`,
    heading('Intended use'),
    [
      `Classifies images of ${height} × ${width} pixels with ${channels === 1 ? 'one grey channel' : 'three colour channels'} into ${classes.length} classes: ${firstClasses(classes)}.`,
      'It also assigns a class to images of any other kind than the data below; such answers are meaningless. Fairness and safety have',
      'not been evaluated beyond the scores below. Do not use the model for decisions about people.',
    ].join('\n'),
    heading('Input and output'),
    inputOf(manifest),
    heading('Data'),
    dataOf(manifest),
    heading('Recipe'),
    recipeOf(manifest),
    heading('Scores'),
    scoresOf(manifest),
    ...(evaluation === undefined
      ? [heading('Evaluation'), `None. ${whyNotEvaluated(manifest)}`]
      : evaluationSections(manifest, evaluation)),
    heading('Files'),
    table(
      ['file', 'SHA-256'],
      Object.values(manifest.files).map(({ path, sha256 }) => [`\`${path}\``, `\`${sha256}\``]),
    ),
  ];
  return `${sections.join('\n\n')}\n`;
}

const originOf = ({ imported, jobId, createdAt }: ModelManifest): string =>
  imported === undefined
    ? `trained by trainyard in job \`${jobId}\`, finished ${createdAt}`
    : `imported into trainyard ${createdAt} from a file of ${imported.bytes} bytes with SHA-256 \`${imported.sha256}\``;

function inputOf({ preprocessing, classes }: ModelManifest): string {
  const { height, width, channels, resize, mean, std } = preprocessing;
  return [
    `Input: \`images\`, bytes of shape batch × ${height} × ${width} × ${channels}. Outputs: \`logits\` and \`probabilities\`, float32 of shape batch × ${classes.length},`,
    `in the order of the classes above. The graph resizes pixels to ${resize} × ${resize} (bilinear, half-pixel centres), divides them by 255 and computes (x − mean) / std with`,
    `mean [${mean.join(', ')}] and std [${std.join(', ')}]. If you load the weights without the graph, do the same before the network.`,
    '',
    'From an image file to `images`:',
    '',
    ...preprocessingSteps(preprocessing).map((step, index) => `${index + 1}. ${step}`),
    '',
    `\`\`\`python\n${preprocessingPython(preprocessing)}\n\`\`\``,
  ].join('\n');
}

function dataOf({ spec, datasetSha256 }: ModelManifest): string {
  if (!isJobSpec(spec)) return 'Unknown: the weights were imported.';
  const { name, validationSamples, testSamples, resize } = spec.dataset;
  return table(
    ['data set', 'trained on', 'validated on', 'tested on', 'resized to', 'SHA-256 of pixels and labels'],
    [
      [
        text(name),
        String(trainedImages(spec.dataset)),
        spec.dataset.validation === 'own' ? `${validationSamples} of its own` : String(validationSamples),
        String(testSamples),
        `${resize} × ${resize}`,
        datasetSha256 === undefined ? 'not recorded' : `\`${datasetSha256}\``,
      ],
    ],
  );
}

function recipeOf({ spec, changes }: ModelManifest): string {
  if (!isJobSpec(spec)) return `Unknown: the weights were imported. The known settings:\n\n${json(spec)}`;
  const intro = `The complete job spec. It trains the same model again${changes === undefined ? '' : ', together with the live changes below it'}.`;
  const again = { ...spec, dataset: { ...spec.dataset, ...sameDraw(spec.dataset) } };
  return [intro, ...tuningOf(spec), json(again), ...(changes === undefined ? [] : [json(changes)])].join('\n\n');
}

/** Returns the origin of the weights, and a table of the phases, if the model was fine-tuned. */
function tuningOf({ from, phases }: JobSpec): string[] {
  const { model } = from ?? {};
  const origin = model === undefined ? [] : [`It started from the weights of \`${model.name}@${model.version}\`.`];
  if (phases === undefined) return origin;
  const rows = phases.map(({ epochs, freeze, learningRate, layerDecay, batchNorm, resize }) => [
    String(epochs),
    freeze === null ? 'all' : freeze === 'backbone' ? 'the head' : `those after \`${freeze}\``,
    `${learningRate}${layerDecay === 1 ? '' : `, × ${layerDecay} a stage`}`,
    batchNorm,
    `${resize} × ${resize}`,
  ]);
  return [...origin, table(['epochs', 'trained layers', 'learning rate', 'BatchNorm', 'trained at'], rows)];
}

function scoresOf({ scores }: ModelManifest): string {
  if (scores === undefined) return 'None: the weights were imported.';
  const { validationAccuracy, validationTop5Accuracy, validationMacroF1, validationBalancedAccuracy } = scores;
  const rows: [split: string, loss: number | undefined, ...shares: (number | undefined)[]][] = [
    ['training', scores.trainLoss, scores.trainAccuracy],
    [
      ...(['validation', scores.validationLoss, validationAccuracy] as const),
      ...[validationTop5Accuracy, validationMacroF1, validationBalancedAccuracy],
    ],
    ['test', scores.testLoss, scores.testAccuracy, scores.testTop5Accuracy],
  ];
  const columns = ['accuracy', 'top-5 accuracy', 'macro-F1', 'balanced accuracy'];
  const used = columns.map((_, i) => rows.some(([, , ...shares]) => shares[i] !== undefined));
  const ofUsed = <Value>(values: readonly Value[]): Value[] => values.filter((_, i) => used[i]);
  return table(
    [`after epoch ${scores.epoch}`, 'loss', ...ofUsed(columns)],
    rows
      .filter(([, loss]) => loss !== undefined)
      .map(([split, loss, ...shares]) => [split, figure(loss), ...ofUsed(columns.map((_, i) => percent(shares[i])))]),
  );
}

function evaluationSections({ classes: names }: ModelManifest, evaluation: Evaluation): string[] {
  const { classes, macro, calibration, images } = evaluation;
  const shown =
    classes.length <= MAX_CLASSES ? classes : [...classes].sort((a, b) => a.f1 - b.f1).slice(0, MAX_CLASSES);
  const { temperature, expectedCalibrationError, calibratedError, fitted } = calibration;
  const scaled =
    temperature === null || calibratedError === null
      ? ''
      : ` With temperature ${figure(temperature)}, it is ${figure(calibratedError)}.`;
  return [
    ...(evaluation.leaks === undefined ? [] : [heading('Leaks'), leaksOf(evaluation.leaks)]),
    heading('Classes'),
    ...(shown.length < classes.length
      ? [`The ${shown.length} of ${classes.length} classes with the lowest F1 score.`]
      : []),
    table(
      ['class', 'precision', 'recall', 'F1', 'images'],
      [
        ...shown.map(({ label, precision, recall, f1, support }) => [
          text(label),
          figure(precision),
          figure(recall),
          figure(f1),
          String(support),
        ]),
        ['mean', figure(macro.precision), figure(macro.recall), figure(macro.f1), String(images)],
      ],
    ),
    heading('Confusion'),
    ...confusionOf(names, evaluation),
    heading('Calibration'),
    `The expected calibration error is ${figure(expectedCalibrationError)}.${scaled} ${fitted}`,
  ];
}

/** Returns how many test images the training has seen, and the accuracy without them. */
function leaksOf({ images, same, near, accuracy, others }: LeakScores): string {
  if (images === 0) return 'The training has seen none of the test images, nor an image that looks like one of them.';
  const seen = `The training has seen ${images} of the ${images + others.images} test images: ${same} with the same pixels, ${near} nearly equal.`;
  const without = others.accuracy === null ? 'none is left without them' : `${percent(others.accuracy)} without them`;
  return `${seen} The accuracy is ${percent(accuracy ?? 0)} on them and ${without}.`;
}

/** Returns the confusion matrix, or for many classes the pairs that were confused most often. */
function confusionOf(names: readonly string[], { confusion = [], confusedPairs }: Evaluation): string[] {
  if (names.length <= MAX_CLASSES)
    return [
      'Rows: true class. Columns: predicted class.',
      table(
        ['', ...names.map(text)],
        confusion.map((row, index) => [`**${text(names[index] ?? '')}**`, ...row.map(String)]),
      ),
    ];
  const pairs = confusedPairs ?? pairsOf(names, confusion);
  const rows = pairs.slice(0, MAX_CLASSES).map((pair) => [text(pair.label), text(pair.predicted), String(pair.images)]);
  return ['The pairs that were confused most often.', table(['true class', 'predicted class', 'images'], rows)];
}

const pairsOf = (names: readonly string[], confusion: readonly (readonly number[])[]) =>
  confusion
    .flatMap((row, label) =>
      row.map((images, other) => ({ label: names[label] ?? '', predicted: names[other] ?? '', images })),
    )
    .filter(({ label, predicted, images }) => label !== predicted && images > 0)
    .sort((a, b) => b.images - a.images);

/** Returns the first names, and how many more there are. */
function firstClasses(classes: readonly string[]): string {
  const more = classes.length - MAX_CLASSES;
  const shown = classes.slice(0, MAX_CLASSES).map(text).join(', ');
  return more > 0 ? `${shown}, and ${more} more (see the manifest)` : shown;
}

const json = (value: unknown): string => `\`\`\`json\n${JSON.stringify(value, null, 2)}\n\`\`\``;

const heading = (title: string): string => `## ${title}`;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Escapes a name for Markdown: a class name may contain any character. */
const text = (name: string): string => name.replaceAll(/[\r\n]+/g, ' ').replaceAll(/[\\`*_[\]<>|#]/g, '\\$&');

const figure = (value: number | undefined): string => (value === undefined ? '' : value.toFixed(4));
const percent = (value: number | undefined): string => (value === undefined ? '' : `${(100 * value).toFixed(2)} %`);
