/** Abuse: a label that moves without pause, and many readers of its history and of the lists of models. */
import type { Row } from '../row.js';
import { repeat, send } from './requests.js';

const READERS = 50;
/** Number of moves before the history is read. */
const MOVES = { full: 690, short: 60 } as const;
const LISTS = ['/models/boots/labels/stable', '/models', '/models/boots', '/v2/models/boots', '/v1/models/boots'];

export const labelMoves: Row = {
  name: 'readers of a label with a long history and of lists',
  seconds: { short: 4, full: 40 },
  async run(abuse) {
    const path = '/models/boots/labels/stable';
    const body = JSON.stringify({ version: 1 });
    let moves = 0;
    let lists = 0;
    const read = () => send(abuse, { path: LISTS[lists++ % LISTS.length] ?? path });
    const move = async () => {
      moves += 1;
      await send(abuse, { method: 'DELETE', path });
      return send(abuse, { method: 'PUT', path, type: 'application/json', body });
    };
    const before = abuse.isFull ? MOVES.full : MOVES.short;
    while (moves < before && !abuse.signal.aborted) await move();
    const [reads] = await Promise.all([repeat(abuse, READERS, read), repeat(abuse, 1, move)]);
    return { moves: 2 * moves, reads: JSON.stringify(reads), 'read with 200': reads[200] ?? 0 };
  },
  faultOf({ moves, 'read with 200': read }) {
    if (Number(moves) < 2 * MOVES.short) return `the label was moved only ${moves} times`;
    return Number(read) === 0 ? 'no label and no list was read' : undefined;
  },
};
