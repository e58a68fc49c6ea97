/** No abuse: the baseline of this machine. */
import type { Row } from '../row.js';

export const nothing: Row = {
  name: 'nothing',
  seconds: { short: 3, full: 10 },
  run({ signal, begun }) {
    begun();
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve({})));
  },
};
