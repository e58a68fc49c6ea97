/** Abuse: uploads that stay open and send one byte per second. */
import type { Row } from '../row.js';
import { openRequest } from './requests.js';

const UPLOADS = 200;
/** Largest number of uploads that one client may have open. */
const MAX_UNDER_WAY = 8;
const DRIP_MS = 1_000;

export const slowUploads: Row = {
  name: 'uploads that never end',
  seconds: { short: 3, full: 30 },
  async run(abuse) {
    const answers: Record<number, number> = {};
    let underWay = 0;
    for (let index = 0; index < UPLOADS; index++) {
      const [method, path, type] =
        index % 2 === 0
          ? ['PUT', `/datasets/slow-${index}`, 'application/zip']
          : ['POST', '/models', 'multipart/form-data; boundary=x'];
      const { socket, status } = openRequest(abuse, {
        method,
        path,
        headers: [`Content-Type: ${type}`, 'Content-Length: 100000000'],
      });
      underWay += 1;
      const drip = setInterval(() => socket.write('x'), DRIP_MS);
      socket.once('close', () => clearInterval(drip));
      void status.then((answered) => {
        if (!abuse.signal.aborted) underWay -= 1;
        if (answered > 0) answers[answered] = (answers[answered] ?? 0) + 1;
      });
    }
    await new Promise((resolve) => abuse.signal.addEventListener('abort', resolve));
    return { underWay, answers: JSON.stringify(answers) };
  },
  faultOf: ({ underWay }) =>
    Number(underWay) > MAX_UNDER_WAY ? `${underWay} uploads are open, must be at most ${MAX_UNDER_WAY}` : undefined,
};
