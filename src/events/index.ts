/** A job's events in Redis: written by the journal, read by followers. */
export { createEventReader, type EventReader, type FollowMany } from './follow.js';
export {
  corruptRecord,
  createGarbageLog,
  fitting,
  isCorrupt,
  onRecord,
  type ReportGarbage,
  readRecord,
  requireJobId,
  soundOr,
} from './garbage.js';
export { createHistory } from './history.js';
export {
  type Change,
  type ChangeResult,
  createJournal,
  ENDED,
  type Idempotency,
  type Journal,
  type Patch,
  STEP_FRAMES,
} from './journal.js';
export { keys, PREFIX } from './keys.js';
export {
  type ConnectionKind,
  checkWritable,
  connectRedis,
  DEFAULT_REDIS_URL,
  disconnect,
  execute,
  isOutOfMemory,
  onRedis,
  type Redis,
  sayFault,
  whenReady,
} from './redis.js';
export { FRAMES_BYTES, MEASURE } from './sizes.js';
