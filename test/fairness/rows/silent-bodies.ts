/** Abuse: predictions that announce a body of 32 MiB and send nothing. */
import type { Row } from '../row.js';
import { openRequest } from './requests.js';

const PATHS = ['/predict?model=boots', '/v1/models/boots:predict', '/v2/models/boots/infer'];
const BYTES = 32 * 2 ** 20;

export const silentBodies: Row = {
  name: 'bodies that are announced and never sent',
  seconds: { short: 3, full: 40 },
  async run(abuse) {
    const statuses: number[] = [];
    const begun = performance.now();
    let lastMs = 0;
    const open = Array.from({ length: 6 }, async (_, index) => {
      while (!abuse.signal.aborted) {
        const headers = ['Content-Type: application/json', `Content-Length: ${BYTES}`];
        const { status } = openRequest(abuse, { method: 'POST', path: PATHS[index % PATHS.length] ?? '', headers });
        const answered = await status;
        if (abuse.signal.aborted) return;
        statuses.push(answered);
        lastMs = performance.now() - begun;
      }
    });
    await Promise.all(open);
    return { answered: String([...new Set(statuses)]), 'last answered after ms': Math.round(lastMs) };
  },
};
