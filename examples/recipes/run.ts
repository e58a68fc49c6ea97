/**
 * Trains a recipe on a running service, once per seed, and prints the accuracies and times as a table.
 *
 *   npm run recipe -- native28-5
 *   npm run recipe -- native28-5 --seeds 0,1,2
 *   npm run recipe -- my-recipe.json --epochs 1 --validation 5000
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { type Frame, type JobSubmission, Trainyard } from 'trainyard';

type Run = Readonly<{
  seed: number;
  epochs: number;
  accuracy: number;
  validation: number | undefined;
  seconds: number;
}>;

const { jobs } = new Trainyard();

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

/** Reads a recipe: a file of this folder by its name, or any JSON file by its path. */
const readRecipe = async (recipe: string): Promise<JobSubmission> =>
  JSON.parse(
    await readFile(recipe.endsWith('.json') ? recipe : new URL(`${recipe}.json`, import.meta.url), 'utf8'),
  ) as JobSubmission;

/** Returns the data set of a recipe, also if it is given by its name alone. */
const datasetOf = ({ dataset = {} }: JobSubmission) => (typeof dataset === 'string' ? { name: dataset } : dataset);

/** Trains one job and waits for its end. `seconds` is the time of the last attempt. */
async function train(recipe: JobSubmission, seed: number): Promise<Run> {
  const { id, spec } = await jobs.submit({ ...recipe, seed });
  console.error(`seed ${seed}: job ${id}`);
  const frames: Frame[] = [];
  for await (const frame of jobs.follow(id)) {
    if (frame.type === 'step') continue;
    frames.push(frame);
    if (frame.type !== 'epoch') continue;
    const { epoch, epochs, trainLoss, testAccuracy, seconds } = frame;
    console.error(
      `  epoch ${epoch}/${epochs}: loss ${trainLoss?.toFixed(3)}, test accuracy ${percent(testAccuracy)}, ${seconds.toFixed(1)} s`,
    );
  }
  const started = frames.filter((frame) => frame.type === 'status').findLast(({ status }) => status === 'running');
  const last = frames.findLast((frame) => frame.type === 'epoch');
  const end = frames.at(-1);
  if (end?.type !== 'end' || end.status !== 'succeeded' || last === undefined || started === undefined) {
    const reason = end?.type === 'end' ? (end.error?.message ?? end.status) : 'its stream has no end frame';
    throw new Error(`The job ${id} did not succeed: ${reason}`);
  }
  const seconds = (Date.parse(end.at) - Date.parse(started.at)) / 1000;
  return { seed, epochs: spec.epochs, accuracy: last.testAccuracy, validation: last.validationAccuracy, seconds };
}

/** Formats the mean ± the sample standard deviation. */
function spread(values: readonly number[], digits: number): string {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return `${mean.toFixed(digits)} ± ${Math.sqrt(squares / (values.length - 1)).toFixed(digits)}`;
}

/** Formats the runs as a Markdown table. For two or more seeds the last row has means and standard deviations. */
function tableOf(runs: readonly Run[]): string {
  const validated = runs.some(({ validation }) => validation !== undefined);
  const row = (seed: string, epochs: string, validation: string, ...rest: string[]): string =>
    `| ${[seed, epochs, ...(validated ? [validation] : []), ...rest].join(' | ')} |`;
  const rows = runs.map(({ seed, epochs, accuracy, validation, seconds }) =>
    row(
      String(seed),
      String(epochs),
      validation === undefined ? '' : percent(validation),
      percent(accuracy),
      seconds.toFixed(1),
      (seconds / 60).toFixed(1),
    ),
  );
  if (runs.length > 1) {
    const percentages = (shares: readonly number[]) =>
      `${spread(
        shares.map((share) => 100 * share),
        2,
      )} %`;
    const seconds = runs.map((run) => run.seconds);
    rows.push(
      row(
        'mean ± deviation',
        '',
        percentages(runs.map(({ validation }) => validation ?? Number.NaN)),
        percentages(runs.map(({ accuracy }) => accuracy)),
        spread(seconds, 1),
        spread(
          seconds.map((each) => each / 60),
          1,
        ),
      ),
    );
  }
  const head = row('seed', 'epochs', 'validation accuracy', 'test accuracy', 'seconds', 'minutes');
  return [head, row('---:', '---:', '---:', '---:', '---:', '---:'), ...rows].join('\n');
}

const parseWhole = (text: string, option: string): number => {
  if (/^\d+$/.test(text)) return Number(text);
  throw new Error(`${option} takes whole numbers, not "${text}".`);
};

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { seeds: { type: 'string', default: '0' }, epochs: { type: 'string' }, validation: { type: 'string' } },
  });
  const [name] = positionals;
  if (name === undefined || positionals.length > 1)
    throw new Error('Name one recipe, such as native28-5, or the path of a JSON file.');
  const recipe = await readRecipe(name);
  const epochs = values.epochs === undefined ? {} : { epochs: parseWhole(values.epochs, '--epochs') };
  const validation =
    values.validation === undefined ? {} : { validationSamples: parseWhole(values.validation, '--validation') };
  const runs: Run[] = [];
  for (const seed of values.seeds.split(',').map((text) => parseWhole(text, '--seeds'))) {
    runs.push(await train({ ...recipe, ...epochs, dataset: { ...datasetOf(recipe), ...validation } }, seed));
  }
  console.log(tableOf(runs));
}

await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
