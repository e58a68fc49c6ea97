/** `trainyard evaluate`: evaluates a model on a data set and waits for its scores. */
import { type Command, Option } from 'commander';
import type { DatasetEvaluation, DatasetEvaluationDetails, SplitName } from '../../client/index.js';
import { type Context, openContext } from '../context.js';
import { CliError, EXIT } from '../exit-codes.js';
import { MODEL_FORM } from '../find-model.js';
import { leaksText } from '../leaks-text.js';
import { wholeBetween } from '../option-values.js';
import { countText, lossText, percent } from '../output/numbers-text.js';
import { bar, createProgressLine } from '../output/progress.js';
import { factLines } from '../output/table.js';
import { SPLITS } from '../splits.js';

const BAR_COLUMNS = 24;

type Options = Readonly<{ data: string; split: SplitName; priority?: string; detach?: boolean }>;

export function registerEvaluate(program: Command): void {
  program
    .command('evaluate')
    .summary('evaluate a model on a data set')
    .description(
      'Evaluate a model on a data set with the same classes, and print its scores. Ctrl-C leaves it running.',
    )
    .argument('<model>', MODEL_FORM)
    .requiredOption('--data <data set>', 'data set with the classes of the model')
    .addOption(new Option('--split <split>', 'images of the data set').choices(SPLITS).default('test'))
    .option('--priority <number>', '−100 to 100; higher goes first (default: 0)')
    .option('--detach', 'queue it and do not wait')
    .action((model: string, options: Options, command: Command) => evaluate(openContext(command), model, options));
}

async function evaluate(context: Context, model: string, { data, split, priority, detach }: Options): Promise<void> {
  const { client, output, signal } = context;
  const service = await client();
  const request = {
    dataset: data,
    split,
    ...(priority !== undefined && { priority: wholeBetween('--priority', priority, -100, 100) }),
  };
  const queued = await service.evaluations.submit(model, request, { signal });
  if (detach === true) {
    if (output.json) return output.value(queued);
    return output.line(queued.id);
  }
  const progress = createProgressLine(process.stderr, process.stderr.isTTY === true && !output.json && !output.quiet);
  try {
    const onProgress = (evaluation: DatasetEvaluation): void => progress.update(() => progressText(evaluation));
    const { waitForEvaluation } = await import('../../client/index.js');
    show(context, await waitForEvaluation(service, queued, { signal, onProgress }));
  } finally {
    progress.clear();
  }
}

function progressText({ state, progress }: DatasetEvaluation): string {
  if (progress === undefined) return state === 'queued' ? 'waits for a worker' : 'loads the images';
  const { images, total } = progress;
  return `${bar(images / total, BAR_COLUMNS)} ${countText(images)} of ${countText(total)} images`;
}

/** Prints the scores of an evaluation. Throws if it has failed. */
function show({ output }: Context, evaluation: DatasetEvaluationDetails): void {
  const { scores, result, model, dataset, split, error } = evaluation;
  if (output.json) output.value(evaluation);
  if (scores === undefined)
    throw new CliError(EXIT.jobFailed, `The evaluation failed: ${error?.message ?? 'unknown reason.'}`);
  if (output.quiet && !output.json) output.line(String(scores.accuracy));
  if (output.json || output.quiet) return;
  output.lines(
    factLines([
      ['model', `${model.name}@${model.version}`],
      ['data', `${dataset}, ${countText(scores.images)} ${split} images`],
      ['accuracy', percent(scores.accuracy)],
      ['without leaks', result?.leaks && leaksText(result.leaks)],
      ...(scores.top5Accuracy === undefined ? [] : [['top 5', percent(scores.top5Accuracy)] as const]),
      ['balanced', percent(scores.balancedAccuracy)],
      ['macro-F1', percent(scores.macroF1)],
      ['loss', lossText(scores.loss)],
      ['calibration', `error ${percent(scores.expectedCalibrationError)}`],
    ]),
  );
}
