/** Stop reasons of a job, and the fate of its weights when it is cancelled. */
import { type Static, Type } from 'typebox';
import { StringEnum } from '../json-schema/enums.js';

export const CANCEL_MODES = ['discard', 'keep'] as const;

/** Fate of the weights of a cancelled job. */
export const CancelMode = StringEnum(CANCEL_MODES, {
  description:
    '`discard`: save no model. `keep`: save the best weights so far as a model: those of the best epoch by the validation split, or without validation images those of the last complete epoch. During the first epoch, the current weights.',
});
export type CancelMode = Static<typeof CancelMode>;

/** Reason why a run stopped without an error. */
export const EndReason = Type.Object(
  {
    code: StringEnum(['epochs', 'early_stopping', 'max_seconds', 'kept', 'nothing_kept', 'discarded'], {
      description:
        '`epochs`: all epochs are trained. `early_stopping`, `max_seconds`: the run stopped earlier. The others belong to cancelled jobs. `kept`: the weights are saved as a model. `nothing_kept`: there were no weights to save. `discarded`: the request asked to save none.',
    }),
    message: Type.String({ description: 'The reason as a sentence, and which weights the model has.' }),
  },
  { additionalProperties: false },
);
export type EndReason = Readonly<Static<typeof EndReason>>;
