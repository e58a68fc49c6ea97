/** How a job ends: why training stopped, and what a cancel leaves. */
import { type Static, Type } from 'typebox';
import { StringEnum } from '../json-schema/enums.js';

/** What becomes of the weights of a job that is cancelled. */
export const CANCEL_MODES = ['discard', 'keep'] as const;
export const CancelMode = StringEnum(CANCEL_MODES, {
  description:
    '`discard`: nothing is left. `keep`: the best weights so far are saved as a model: those of the epoch that did best by the images set aside or, where there are none, of the last whole epoch. Within the first epoch, those of the moment.',
});
export type CancelMode = Static<typeof CancelMode>;

/** Why a run ended before an error did it. */
export const EndReason = Type.Object(
  {
    code: StringEnum(['epochs', 'early_stopping', 'max_seconds', 'kept', 'nothing_kept', 'discarded'], {
      description:
        '`epochs`: all were trained; `early_stopping`, `max_seconds`: the run ended before; of a cancelled job, `kept`: its weights are a model, `nothing_kept`: there were none to keep, `discarded`: none were to be kept.',
    }),
    message: Type.String({ description: 'The same in a sentence, and which weights the model has.' }),
  },
  { additionalProperties: false },
);
export type EndReason = Readonly<Static<typeof EndReason>>;
