/** Uploads that stay open and send a byte a second. */
import type { Row } from '../row.js';
import { openRequest } from './requests.js';

const UPLOADS = 200;
/** As many as one client may have. */
const MOST_OPEN = 8;
const DRIP_MS = 1_000;

export const slowUploads: Row = {
  name: 'uploads that never end',
  seconds: { short: 4, full: 30 },
  async run(abuse) {
    const answers: Record<number, number> = {};
    let open = 0;
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
      open += 1;
      const drip = setInterval(() => socket.write('x'), DRIP_MS);
      socket.once('close', () => {
        clearInterval(drip);
        if (!abuse.signal.aborted) open -= 1;
      });
      void status.then((answered) => {
        if (answered > 0) answers[answered] = (answers[answered] ?? 0) + 1;
      });
    }
    await new Promise((resolve) => abuse.signal.addEventListener('abort', resolve));
    return { open, answers: JSON.stringify(answers) };
  },
  faultOf: ({ open }) =>
    Number(open) > MOST_OPEN ? `${open} uploads are open, must be at most ${MOST_OPEN}` : undefined,
};
