/** PyTorch files with the weights that a formula gives a network. */
import { decodeSafetensors } from '../../src/formats/safetensors.js';
import type { Shape } from '../../src/graph/graph.js';
import { writeWeights } from '../../src/training/result/serving-graph.js';
import { formulaWeights } from './formula.js';
import { type PthTensor, writePth } from './pth.js';

/** Returns the weights for these shapes as torch.save gets them, after `steps` training steps. */
export function formulaStateDict(shapes: ReadonlyMap<string, Shape>, steps = 12): Map<string, PthTensor> {
  const { tensors } = decodeSafetensors(writeWeights(formulaWeights(shapes), shapes, steps));
  return new Map(
    [...tensors].map(([name, { dtype, shape, bytes }]) => [
      name,
      { shape, bytes, storage: dtype === 'I64' ? ('Long' as const) : ('Float' as const) },
    ]),
  );
}

/** Returns the same as a .pth file. */
export const formulaPth = (shapes: ReadonlyMap<string, Shape>): Buffer => writePth(formulaStateDict(shapes));
