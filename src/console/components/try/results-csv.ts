/** Results of many images as CSV: a row for each image and model. */
import type { Outcome } from './predictions.js';
import { nameOfSource } from './predictions.js';
import type { TryImage } from './try-images.js';

type Answers = readonly Readonly<{ model: string; outcomeOf: (image: TryImage) => Outcome }>[];

export function resultsCsv(images: readonly TryImage[], answers: Answers): string {
  const rows = images.flatMap((image) =>
    answers.map(({ model, outcomeOf }) => {
      const outcome = outcomeOf(image);
      const start = [image.name, image.actual ?? ''];
      if (outcome.state !== 'done')
        return [...start, model, '', '', '', outcome.state === 'failed' ? outcome.sentence : 'waiting'];
      const [best] = outcome.classes;
      return [
        ...start,
        nameOfSource(outcome.source),
        best?.label ?? '',
        String(best?.probability ?? ''),
        String(best?.calibrated ?? ''),
        '',
      ];
    }),
  );
  const head = ['image', 'true class', 'model', 'predicted', 'probability', 'calibrated', 'error'];
  return [head, ...rows].map((row) => `${row.map(quoted).join(',')}\n`).join('');
}

/** Quotes a cell. A leading quote keeps spreadsheets from running a name that begins like a formula. */
function quoted(text: string): string {
  const safe = /^[=+\-@\t]/.test(text) && !Number.isFinite(Number(text)) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
