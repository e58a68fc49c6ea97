/** Abuse: forms with many images that are small files but large once decoded. */
import { interlacedPng } from '../../support/png.js';
import type { Row } from '../row.js';
import { repeat, send } from './requests.js';

const CLIENTS = 4;
/** Sides in pixels, with four channels of 16 bits: the size of a photograph, the largest accepted size, and one that is refused. */
const SIDES = { full: [2_400, 4_900, 6_900], short: [1_600] } as const;
const FILES = 80;

export const largeImages: Row = {
  name: 'images that are large to decode',
  seconds: { short: 4, full: 40 },
  async run(abuse) {
    const sides = abuse.isFull ? SIDES.full : SIDES.short;
    const counts = await Promise.all(
      sides.map(async (side) => {
        const body = formOf(interlacedPng(side));
        const type = 'multipart/form-data; boundary=x';
        const answers = await repeat(abuse, CLIENTS, () =>
          send(abuse, { method: 'POST', path: '/predict?model=boots', type, body }),
        );
        return [`${FILES} of ${side}×${side}`, JSON.stringify(answers)] as const;
      }),
    );
    return Object.fromEntries(counts);
  },
};

function formOf(png: Buffer): Buffer {
  const head = Buffer.from('--x\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n');
  const parts = Array.from({ length: FILES }, () => [head, png, Buffer.from('\r\n')]).flat();
  return Buffer.concat([...parts, Buffer.from('--x--\r\n')]);
}
