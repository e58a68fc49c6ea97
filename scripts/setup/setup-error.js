/** Errors of set-up that are printed as a sentence, without a stack. */

/**
 * @param {string} sentence what happened and what to do
 * @param {unknown} [cause]
 */
export function setupError(sentence, cause) {
  const error = new Error(sentence, cause === undefined ? undefined : { cause });
  error.name = 'SetupError';
  return error;
}

/** @param {unknown} error */
export const isSetupError = (error) => error instanceof Error && error.name === 'SetupError';
