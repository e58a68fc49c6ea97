/** Spec of the training graph of one phase of a run. */
import type { PhaseSpec } from '../../contracts/jobs/phases.js';
import type { ProgramSpec } from './training-graph.js';

/** A spec with the phases of its run, if it has several. */
export type PhasedProgramSpec = ProgramSpec & Readonly<{ phases?: readonly PhaseSpec[] }>;

/** Returns the spec with the options of the phase of this index, from 0. Without phases it is the spec itself. */
export function specOfPhase<Spec extends PhasedProgramSpec>(spec: Spec, index: number): Spec {
  const phase = spec.phases?.[index];
  if (phase === undefined) return spec;
  const { freeze, headRate, layerDecay, batchNorm, resize } = phase;
  return { ...spec, freeze, headRate, layerDecay, batchNorm, trainingResize: resize };
}
