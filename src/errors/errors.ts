/** The table of errors: each code with its HTTP status, its title, and whether the queue may try the job again. */
const table = {
  invalid_request: { status: 400, title: 'Invalid request', retryable: false },
  invalid_shape: { status: 400, title: 'Shapes do not fit', retryable: false },
  invalid_weights: { status: 400, title: 'Weights that do not fit', retryable: false },
  invalid_dataset: { status: 400, title: 'Not a usable data set', retryable: false },
  invalid_image: { status: 400, title: 'Not a usable image', retryable: false },
  forbidden_origin: { status: 403, title: 'Origin not allowed', retryable: false },
  not_found: { status: 404, title: 'Not found', retryable: false },
  job_not_found: { status: 404, title: 'No such job', retryable: false },
  dataset_not_found: { status: 404, title: 'No such data set', retryable: false },
  model_not_found: { status: 404, title: 'No such model', retryable: false },
  label_not_found: { status: 404, title: 'No such label', retryable: false },
  evaluation_not_found: { status: 404, title: 'No evaluation', retryable: false },
  checkpoint_not_found: { status: 404, title: 'No such checkpoint', retryable: false },
  method_not_allowed: { status: 405, title: 'Method not allowed', retryable: false },
  request_timeout: { status: 408, title: 'Request too slow', retryable: false },
  job_not_queued: { status: 409, title: 'The job is not queued', retryable: false },
  job_ended: { status: 409, title: 'The job has ended', retryable: false },
  job_state: { status: 409, title: 'Not possible in the state of the job', retryable: false },
  dataset_exists: { status: 409, title: 'The name is taken', retryable: false },
  dataset_held: { status: 409, title: 'The data set is needed', retryable: false },
  label_held: { status: 409, title: 'A label is in the way', retryable: false },
  label_moved: { status: 409, title: 'The label is elsewhere', retryable: false },
  label_limit: { status: 409, title: 'The model has too many labels', retryable: false },
  label_gate: { status: 409, title: 'The gate of the label is closed', retryable: false },
  stream_ahead: { status: 409, title: 'Ahead of the stream', retryable: false },
  stream_gone: { status: 410, title: 'The stream is gone', retryable: false },
  payload_too_large: { status: 413, title: 'Body too large', retryable: false },
  unsupported_media_type: { status: 415, title: 'Unsupported media type', retryable: false },
  range_not_satisfiable: { status: 416, title: 'Range not satisfiable', retryable: false },
  idempotency_conflict: { status: 422, title: 'Idempotency key used for another request', retryable: false },
  upgrade_required: { status: 426, title: 'Upgrade required', retryable: false },
  queue_full: { status: 429, title: 'The queue is full', retryable: true },
  too_many_requests: { status: 429, title: 'Too many requests', retryable: true },
  headers_too_large: { status: 431, title: 'Headers too large', retryable: false },
  client_gone: { status: 499, title: 'The client has gone', retryable: false },
  internal: { status: 500, title: 'Internal error', retryable: false },
  training_failed: { status: 500, title: 'Training failed', retryable: false },
  trainer_hung: { status: 500, title: 'The trainer hung', retryable: true },
  trainer_died: { status: 500, title: 'The trainer process died', retryable: true },
  diverged: { status: 500, title: 'The training diverged', retryable: false },
  out_of_memory: { status: 500, title: 'Out of memory', retryable: false },
  dataset_corrupt: { status: 500, title: 'Data set missing or corrupt', retryable: false },
  model_corrupt: { status: 500, title: 'Model corrupt', retryable: false },
  start_corrupt: { status: 500, title: 'What the job starts from is corrupt', retryable: false },
  record_corrupt: { status: 500, title: 'Record corrupt', retryable: false },
  model_parity: { status: 500, title: 'Model refused by the parity gate', retryable: false },
  worker_lost: { status: 500, title: 'The job lost its worker too often', retryable: false },
  worker_stopped: { status: 503, title: 'The worker stopped', retryable: true },
  worker_unfit: { status: 503, title: 'The worker cannot train', retryable: true },
  storage_unavailable: { status: 503, title: 'Storage unavailable', retryable: false },
  unavailable: { status: 503, title: 'Service unavailable', retryable: true },
  redis_unavailable: { status: 503, title: 'Redis unavailable', retryable: true },
  predictor_unavailable: { status: 503, title: 'Predictor unavailable', retryable: true },
  deadline_exceeded: { status: 504, title: 'Too late', retryable: true },
  insufficient_storage: { status: 507, title: 'Insufficient storage', retryable: false },
} as const satisfies Record<string, { status: number; title: string; retryable: boolean }>;

export type ErrorCode = keyof typeof table;

export type FieldError = Readonly<{ pointer: string; message: string }>;

/**
 * An error with a stable code. The message is one sentence: what happened, with the value, and what is allowed
 * or to do next. `errors` names the fields of bad input, by JSON Pointer.
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

/** Any thrown value as a TrainyardError; what is not one of ours becomes `code`, with the value kept as cause. */
export function toTrainyardError(error: unknown, code: ErrorCode = 'internal'): TrainyardError {
  if (error instanceof TrainyardError) return error;
  const sentence = error instanceof Error ? error.message : String(error);
  return new TrainyardError(storageFault(error)?.code ?? code, sentence, { cause: error });
}

/** What the file system means by its codes when something cannot be stored. */
const STORAGE_FAULTS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota is used up',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  EIO: 'the disk reports an input/output error',
  ENOTDIR: 'a file is in the place of a folder',
  EISDIR: 'a folder is in the place of a file',
  ELOOP: 'symbolic links go in a circle',
  ENAMETOOLONG: 'the path is too long',
  ESTALE: 'the network file system has lost the folder',
  ENODEV: 'the device is gone',
  ENXIO: 'the device is gone',
  EFBIG: 'the file is larger than the file system takes',
  EMFILE: 'the process has too many files open',
  ENFILE: 'the machine has too many files open',
};
const FULL: readonly string[] = ['ENOSPC', 'EDQUOT'];
/** Calls of Node.js that use the same codes for other things than files. */
const NOT_OF_FILES = /^(connect|bind|listen|accept|getaddrinfo|spawn|kill|send|recv)/;

export type StorageFault = Readonly<{ code: 'insufficient_storage' | 'storage_unavailable'; fault: string }>;

/** Says what is wrong with the storage, by an error of the file system; undefined for any other error. */
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

/** Whether a code, as it came back from another process, is one of the table. */
export const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(table, code);

/** Whether an error says that a model cannot be served as it is, whatever it is asked. */
export const isRefusal = (error: unknown): error is TrainyardError =>
  error instanceof TrainyardError && (error.code === 'model_corrupt' || error.code === 'model_parity');

/** What allocators, V8, TensorFlow, oneDNN (its status 1) and ONNX Runtime say when there is no more memory. */
const RAN_OUT =
  /bad_alloc|allocation failed|failed to allocate|out of memory|cannot allocate memory|RESOURCE_EXHAUSTED|OOM when allocating|Status: ?1, message/i;

/** Whether a sentence of a library, or a line that a process printed at its end, says that there was no memory. */
export const saysOutOfMemory = (text: string): boolean => RAN_OUT.test(text);
