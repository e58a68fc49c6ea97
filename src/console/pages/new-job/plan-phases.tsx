/** Phases of a planned run: their epochs, what they train, and their learning rates. */
import './plan-phases.css';
import type { JobPlan } from 'trainyard';
import { plural, setting } from '../../components/format.js';

type Phase = NonNullable<JobPlan['spec']['phases']>[number];

export function PlanPhases({ phases }: { phases: JobPlan['spec']['phases'] }) {
  if (phases === undefined) return null;
  return (
    <section aria-label="Phases">
      <h3>Phases</h3>
      <ol class="plan-phases small">
        {phases.map((phase, index) => (
          <li key={index}>
            <strong>{plural(phase.epochs, 'epoch')}</strong> {trainedText(phase)}{' '}
            <span class="muted">{rateText(phase)}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function trainedText({ freeze, batchNorm, resize }: Phase): string {
  const trained = freeze === null ? 'all layers' : freeze === 'backbone' ? 'the head' : `the layers after ${freeze}`;
  return `${trained} at ${resize} px${batchNorm === 'frozen' ? ', BatchNorm frozen' : ''}`;
}

function rateText({ learningRate, schedule, headRate, layerDecay }: Phase): string {
  const parts = [
    `rate ${setting(learningRate)}, ${schedule.name}`,
    headRate === 1 ? undefined : `head × ${setting(headRate)}`,
    layerDecay === 1 ? undefined : `× ${setting(layerDecay)} a stage`,
  ];
  return parts.filter((part) => part !== undefined).join(', ');
}
