/** Events of jobs in Redis: the journal writes them, followers read them. */

export {
  corruptRecord,
  createCorruptRecordLog,
  isCorrupt,
  onRecord,
  type ReportCorruptRecord,
  readOrReport,
  readRecord,
  requireJobId,
  requireValid,
} from './corrupt-records.js';
export { createEventReader, type EventReader, type FollowMany } from './follow.js';
export type { FollowSince } from './follow-messages.js';
export type { FrameBatch } from './frame-batches.js';
export { jobsOfProject } from './jobs-of-project.js';
export {
  createJournal,
  ENDED,
  type Idempotency,
  type JobCreation,
  type JobWrite,
  type JobWriteResult,
  type Journal,
  type Patch,
  type QueueNeighbour,
  STEP_FRAMES,
} from './journal.js';
export { keys, PREFIX } from './keys.js';
export { MESSAGE_NUMBERS } from './message-numbers.js';
export {
  type ConnectionKind,
  checkWritable,
  connectRedis,
  DEFAULT_REDIS_URL,
  describeRedisFault,
  disconnect,
  execute,
  isOutOfMemory,
  onRedis,
  type Redis,
  whenReady,
} from './redis.js';
export { retryWhileRedisIsAway } from './redis-retry.js';
export { FRAMES_BYTES, MEASURE } from './sizes.js';
export { SORT_INDEXES } from './sort-indexes.js';
export { createStreamReader } from './stream-reader.js';
