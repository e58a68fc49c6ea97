/** Progress of an import: bytes that have arrived, images read, and how it ended. */
import type { ImportStatus } from 'trainyard';
import { bytes, count, plural } from '../../components/format.js';
import { Progress } from '../../components/progress.js';
import { Pill, type Tone } from '../../components/status.js';

const STATES: Readonly<
  Record<ImportStatus['state'], readonly [Tone, 'upload' | 'clock' | 'image' | 'check' | 'warning' | 'cross', string]>
> = {
  uploading: ['info', 'upload', 'uploading'],
  waiting: ['neutral', 'clock', 'waiting'],
  reading: ['info', 'image', 'reading images'],
  succeeded: ['good', 'check', 'succeeded'],
  failed: ['bad', 'warning', 'failed'],
  cancelled: ['neutral', 'cross', 'cancelled'],
};

export const isRunning = ({ state }: ImportStatus): boolean => ['uploading', 'waiting', 'reading'].includes(state);

export function ImportProgress({ status }: { status: ImportStatus }) {
  const { name, state, images, error } = status;
  const [tone, icon, word] = STATES[state] ?? ['neutral', 'clock', state];
  return (
    <div class="stack-s">
      <div class="row">
        <strong class="name">{name}</strong>
        <Pill tone={tone} icon={icon}>
          {word}
        </Pill>
      </div>
      {isRunning(status) && <Progress share={shareOf(status)} label={`Import of ${name}`} />}
      {error === undefined ? (
        <span class="muted small">
          {images === undefined ? arrived(status) : `${count(images.done)} of ${count(images.total)} images read`}
          {images !== undefined && images.leftOut > 0 && `, ${plural(images.leftOut, 'file')} left out`}
        </span>
      ) : (
        <span class="small wrap-anywhere">{error.detail}</span>
      )}
    </div>
  );
}

const arrived = ({ bytes: done, totalBytes }: ImportStatus): string =>
  totalBytes === undefined ? `${bytes(done)} arrived` : `${bytes(done)} of ${bytes(totalBytes)} arrived`;

function shareOf({ state, images, bytes: done, totalBytes }: ImportStatus): number | undefined {
  if (images !== undefined) return images.done / images.total;
  return state === 'uploading' && totalBytes !== undefined && totalBytes > 0 ? done / totalBytes : undefined;
}
