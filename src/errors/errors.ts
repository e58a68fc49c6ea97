/** Error codes, each with its HTTP status, its title, and whether the queue may retry the job. */
const table = {
  invalid_request: { status: 400, title: 'Invalid request', retryable: false },
  invalid_shape: { status: 400, title: 'Shapes do not match', retryable: false },
  invalid_weights: { status: 400, title: 'Weights do not match the network', retryable: false },
  invalid_dataset: { status: 400, title: 'Unusable data set', retryable: false },
  invalid_image: { status: 400, title: 'Unusable image', retryable: false },
  unauthorized: { status: 401, title: 'Not authenticated', retryable: false },
  forbidden: { status: 403, title: 'Scope missing', retryable: false },
  forbidden_origin: { status: 403, title: 'Origin not allowed', retryable: false },
  not_found: { status: 404, title: 'Not found', retryable: false },
  job_not_found: { status: 404, title: 'Job not found', retryable: false },
  dataset_not_found: { status: 404, title: 'Data set not found', retryable: false },
  model_not_found: { status: 404, title: 'Model not found', retryable: false },
  label_not_found: { status: 404, title: 'Label not found', retryable: false },
  import_not_found: { status: 404, title: 'Import not found', retryable: false },
  evaluation_not_found: { status: 404, title: 'Model has no evaluation', retryable: false },
  log_not_found: { status: 404, title: 'Job has no log', retryable: false },
  event_files_not_found: { status: 404, title: 'Job has no event files', retryable: false },
  key_not_found: { status: 404, title: 'API key not found', retryable: false },
  checkpoint_not_found: { status: 404, title: 'Checkpoint not found', retryable: false },
  method_not_allowed: { status: 405, title: 'Method not allowed', retryable: false },
  request_timeout: { status: 408, title: 'Request too slow', retryable: false },
  job_not_queued: { status: 409, title: 'Job is not queued', retryable: false },
  job_ended: { status: 409, title: 'Job has ended', retryable: false },
  job_state: { status: 409, title: 'Not possible in the current job status', retryable: false },
  dataset_exists: { status: 409, title: 'Data set name is taken', retryable: false },
  import_cancelled: { status: 409, title: 'Import was cancelled', retryable: false },
  dataset_held: { status: 409, title: 'Data set is in use', retryable: false },
  classes_differ: { status: 409, title: 'Model name has other classes', retryable: false },
  label_held: { status: 409, title: 'Model version is labelled', retryable: false },
  label_moved: { status: 409, title: 'Label has moved', retryable: false },
  label_limit: { status: 409, title: 'Too many labels', retryable: false },
  label_gate: { status: 409, title: 'Label gate not passed', retryable: false },
  evaluation_mismatch: { status: 409, title: 'Evaluations cannot be compared', retryable: false },
  authentication_off: { status: 409, title: 'Service runs without authentication', retryable: false },
  last_admin_key: { status: 409, title: 'Last admin key', retryable: false },
  project_not_found: { status: 404, title: 'Project not found', retryable: false },
  project_exists: { status: 409, title: 'Project exists', retryable: false },
  project_limit: { status: 409, title: 'Too many projects', retryable: false },
  key_limit: { status: 409, title: 'Too many API keys', retryable: false },
  stream_ahead: { status: 409, title: 'Position is ahead of the stream', retryable: false },
  stream_gone: { status: 410, title: 'Stream was deleted', retryable: false },
  payload_too_large: { status: 413, title: 'Body too large', retryable: false },
  unsupported_media_type: { status: 415, title: 'Unsupported media type', retryable: false },
  range_not_satisfiable: { status: 416, title: 'Range not satisfiable', retryable: false },
  idempotency_conflict: { status: 422, title: 'Idempotency key used for another request', retryable: false },
  logits_mismatch: { status: 422, title: 'Model does not reproduce the samples', retryable: false },
  download_failed: { status: 424, title: 'Download failed', retryable: false },
  upgrade_required: { status: 426, title: 'Upgrade required', retryable: false },
  queue_full: { status: 429, title: 'Queue is full', retryable: true },
  too_many_requests: { status: 429, title: 'Too many requests', retryable: true },
  headers_too_large: { status: 431, title: 'Headers too large', retryable: false },
  client_gone: { status: 499, title: 'Client disconnected', retryable: false },
  internal: { status: 500, title: 'Internal error', retryable: false },
  training_failed: { status: 500, title: 'Training failed', retryable: false },
  evaluation_failed: { status: 500, title: 'Evaluation failed', retryable: false },
  trainer_hung: { status: 500, title: 'Trainer hung', retryable: true },
  trainer_died: { status: 500, title: 'Trainer process died', retryable: true },
  diverged: { status: 500, title: 'Training diverged', retryable: false },
  out_of_memory: { status: 500, title: 'Out of memory', retryable: false },
  dataset_corrupt: { status: 500, title: 'Data set missing or corrupt', retryable: false },
  model_corrupt: { status: 500, title: 'Model corrupt', retryable: false },
  start_corrupt: { status: 500, title: 'Starting point is corrupt', retryable: false },
  record_corrupt: { status: 500, title: 'Record corrupt', retryable: false },
  model_parity: { status: 500, title: 'Model failed the parity check', retryable: false },
  worker_lost: { status: 500, title: 'Job lost its worker too often', retryable: false },
  worker_stopped: { status: 503, title: 'Worker stopped', retryable: true },
  worker_unfit: { status: 503, title: 'Worker cannot train', retryable: true },
  storage_unavailable: { status: 503, title: 'Storage unavailable', retryable: false },
  unavailable: { status: 503, title: 'Service unavailable', retryable: true },
  redis_unavailable: { status: 503, title: 'Redis unavailable', retryable: true },
  predictor_unavailable: { status: 503, title: 'Predictor unavailable', retryable: true },
  deadline_exceeded: { status: 504, title: 'Deadline exceeded', retryable: true },
  insufficient_storage: { status: 507, title: 'Insufficient storage', retryable: false },
} as const satisfies Record<string, { status: number; title: string; retryable: boolean }>;

export type ErrorCode = keyof typeof table;

/** Every error code, in the order of the table. */
export const ERROR_CODES = Object.keys(table) as readonly ErrorCode[];

/** `suggestion` is a value that the field would accept. */
export type FieldError = Readonly<{ pointer: string; message: string; suggestion?: number }>;

/**
 * Error with a stable code. The message says what is wrong (with the value), what is allowed, and what to do next. `errors` names
 * the wrong fields of a request by JSON Pointer.
 */
export class TrainyardError extends Error {
  override readonly name = 'TrainyardError';
  readonly errors: readonly FieldError[] | undefined;

  constructor(
    readonly code: ErrorCode,
    message: string,
    options: { cause?: unknown; errors?: readonly FieldError[] } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.errors = options.errors;
  }

  get status(): number {
    return table[this.code].status;
  }

  get title(): string {
    return table[this.code].title;
  }

  get retryable(): boolean {
    return table[this.code].retryable;
  }
}

/** Converts any thrown value to a TrainyardError. Foreign errors get `code`, or a storage code, and become the cause. */
export function toTrainyardError(error: unknown, code: ErrorCode = 'internal'): TrainyardError {
  if (error instanceof TrainyardError) return error;
  const sentence = error instanceof Error ? error.message : String(error);
  return new TrainyardError(storageFault(error)?.code ?? code, sentence, { cause: error });
}

/**
 * Returns undefined if a file of a data set or a model is damaged, so that a caller which can do without the file continues. Throws any other
 * error. For `catch` of a promise.
 */
export function unlessCorrupt(error: unknown): undefined {
  const isCorrupt =
    error instanceof TrainyardError && (error.code === 'dataset_corrupt' || error.code === 'model_corrupt');
  if (!isCorrupt) throw error;
}

/** Descriptions of file system error codes. */
const STORAGE_FAULTS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota is used up',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  EIO: 'the disk reports an input/output error',
  ENOTDIR: 'there is a file at the path of a folder',
  EISDIR: 'there is a folder at the path of a file',
  ELOOP: 'the symbolic links form a loop',
  ENAMETOOLONG: 'the path is too long',
  ESTALE: 'the network file system has lost the folder',
  ENODEV: 'the device is gone',
  ENXIO: 'the device is gone',
  EFBIG: 'the file is larger than the file system allows',
  EMFILE: 'the process has too many files open',
  ENFILE: 'the machine has too many files open',
};
const FULL: readonly string[] = ['ENOSPC', 'EDQUOT'];
/** Node.js calls that use the same codes, but not for files. */
const NOT_OF_FILES = /^(connect|bind|listen|accept|getaddrinfo|spawn|kill|send|recv)/;

export type StorageFault = Readonly<{ code: 'insufficient_storage' | 'storage_unavailable'; fault: string }>;

/** Returns the fault behind a file system error; undefined for any other error. */
export function storageFault(error: unknown): StorageFault | undefined {
  if (!(error instanceof Error && 'code' in error && 'syscall' in error)) return undefined;
  const { code, syscall } = error;
  if (typeof code !== 'string' || NOT_OF_FILES.test(String(syscall))) return undefined;
  const fault = STORAGE_FAULTS[code];
  if (fault === undefined) return undefined;
  return {
    code: FULL.includes(code) ? 'insufficient_storage' : 'storage_unavailable',
    fault: `${fault} (${code}, ${syscall})`,
  };
}

/** Returns whether a code from another process is one of the table. */
export const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(table, code);

/** Returns whether an error means that a model cannot serve any request. */
export const isRefusal = (error: unknown): error is TrainyardError =>
  error instanceof TrainyardError && (error.code === 'model_corrupt' || error.code === 'model_parity');

/** Messages of allocators, V8, TensorFlow, oneDNN (status 1) and ONNX Runtime when memory runs out. */
const RAN_OUT =
  /bad_alloc|allocation failed|failed to allocate|out of memory|cannot allocate memory|RESOURCE_EXHAUSTED|OOM when allocating|Status: ?1, message/i;

/** Returns whether a library's message, or the last output of a process, says that memory ran out. */
export const saysOutOfMemory = (text: string): boolean => RAN_OUT.test(text);
