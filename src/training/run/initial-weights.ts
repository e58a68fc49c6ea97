/** What of a checkpoint or a model a program starts with: all of a run that goes on, or the weights of a new one. */
import type { StartSpec } from '../../contracts/jobs/starting-point.js';
import { TrainyardError } from '../../errors/errors.js';
import { elements, type Shape } from '../../graph/graph.js';
import { outputsFirstShape, outputsLast } from '../../graph/kernels.js';
import type { CheckpointTensors } from '../../store/checkpoints.js';
import type { Program } from '../step/program.js';

/** `fresh`: names of the weights that keep their first, random values. */
export type StartValues = Readonly<{ values: ReadonlyMap<string, Float32Array>; fresh: readonly string[] }>;

/**
 * The values that a program takes from `tensors`. Throws `start_corrupt` where they are not of its network; only the last layer
 * may be of another number of classes, and only where the spec says so.
 */
export function startValues(
  { mode, head, input, model }: StartSpec,
  tensors: CheckpointTensors,
  program: Pick<Program, 'shapes' | 'stateShapes'>,
  classes: number,
): StartValues {
  const wanted = mode === 'continue' ? program.stateShapes : program.shapes;
  const values = new Map<string, Float32Array>();
  const fresh: string[] = [];
  for (const [name, shape] of wanted) {
    const found = mode === 'continue' ? tensors.get(name) : weightOf(tensors, name);
    const expected = model === undefined ? shape : outputsFirstShape(shape);
    if (found !== undefined && sameShape(found.shape, expected)) {
      values.set(name, model === undefined ? found.values : outputsLast(found.values, shape));
    } else if (input === 'summed' && isOfColour(found?.shape, expected) && found !== undefined) {
      values.set(name, outputsLast(sumOverInputs(found), shape));
    } else if (head === 'new' && shape.at(-1) === classes) fresh.push(name);
    else throw misfit(name, expected, found?.shape);
  }
  return { values, fresh };
}

type Weight = Readonly<{ shape: readonly number[]; values: Float32Array }>;

/** A weight as it is scored and saved: its average where the run kept one. */
const weightOf = (tensors: CheckpointTensors, name: string) => tensors.get(`${name}.average`) ?? tensors.get(name);

/** Whether a convolution of PyTorch's layout has three inputs where one is expected. */
const isOfColour = (found: readonly number[] | undefined, [outputs = 0, inputs, ...window]: Shape): boolean =>
  found !== undefined && inputs === 1 && found.join() === [outputs, 3, ...window].join();

/** Outputs × inputs × height × width → outputs × 1 × height × width. */
function sumOverInputs({ shape: [outputs = 0, inputs = 0, ...window], values }: Weight): Float32Array {
  const pixels = elements(window);
  return Float32Array.from({ length: outputs * pixels }, (_, i) => {
    const first = Math.floor(i / pixels) * inputs * pixels + (i % pixels);
    return Array.from({ length: inputs }, (_, input) => values[first + input * pixels] ?? 0).reduce((a, b) => a + b);
  });
}

const sameShape = (one: readonly number[], other: Shape): boolean =>
  one.join() === other.join() && elements(one) === elements(other);

function misfit(name: string, expected: Shape, found: readonly number[] | undefined): TrainyardError {
  const what = found === undefined ? 'is missing' : `has shape [${found}], not [${expected}]`;
  return new TrainyardError('start_corrupt', `What the job starts from is not of its network: "${name}" ${what}.`);
}
