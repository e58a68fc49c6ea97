/** Status of a job, and other states: an icon and a word, so that colour alone says nothing. */
import './status.css';
import type { ComponentChildren } from 'preact';
import type { JobStatus } from 'trainyard';
import { Icon, type IconName } from './icon.js';

export type Tone = 'good' | 'bad' | 'warn' | 'info' | 'neutral';

const JOB: Readonly<Record<JobStatus, readonly [Tone, IconName]>> = {
  queued: ['neutral', 'clock'],
  running: ['info', 'play'],
  paused: ['warn', 'pause'],
  succeeded: ['good', 'check'],
  failed: ['bad', 'warning'],
  cancelled: ['neutral', 'cross'],
};

/** A small labelled state: `<Pill tone="good" icon="check">ready</Pill>`. */
export function Pill({
  tone = 'neutral',
  icon,
  children,
}: {
  tone?: Tone;
  icon?: IconName;
  children: ComponentChildren;
}) {
  return (
    <span class={`pill pill-${tone}`}>
      {icon && <Icon name={icon} size={12} />}
      {children}
    </span>
  );
}

export function StatusPill({ status }: { status: JobStatus }) {
  const [tone, icon] = JOB[status] ?? ['neutral', 'question'];
  return (
    <Pill tone={tone} icon={icon}>
      {status}
    </Pill>
  );
}
