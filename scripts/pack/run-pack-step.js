/** Ends a step of packing with a sentence if it fails in a way that set-up can explain. */
import { isSetupError } from '../setup/setup-error.js';

/** @param {() => Promise<void>} step */
export async function runPackStep(step) {
  try {
    await step();
  } catch (error) {
    if (!isSetupError(error)) throw error;
    console.error(/** @type {Error} */ (error).message);
    process.exit(1);
  }
}
