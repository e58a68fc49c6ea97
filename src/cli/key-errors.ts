/** Errors about API keys: none is set, or the service refuses it. */
import { CliError, EXIT } from './exit-codes.js';
import { environment, type Settings } from './settings.js';

/** Returns what to do about a key that is missing or refused. */
export const keyAdvice = (): string =>
  environment['TRAINYARD_API_KEY']
    ? 'Set TRAINYARD_API_KEY to a valid key. Or unset it: then the key of `trainyard login` counts.'
    : 'Run `trainyard login`, or set TRAINYARD_API_KEY.';

/** Returns the error for a service that needs a key if none is set. */
export const noKeyError = ({ url }: Pick<Settings, 'url'>, advice = keyAdvice()): CliError =>
  new CliError(EXIT.refused, `The service at ${url} needs an API key, and none is set for this address.`, advice);
