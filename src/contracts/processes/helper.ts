/** IPC messages between a helper process and its parent. */
import type { Failure } from '../jobs/outcome.js';

/** Parent → helper. The helper answers with the same `id`. */
export type HelperCommand<Command> = Readonly<{ id: number; command: Command }>;

export type HelperFailure = Failure & Readonly<{ errors?: readonly Readonly<{ pointer: string; message: string }>[] }>;

/** Helper → parent: one message for each command. */
export type HelperMessage<Answer> = Readonly<{ id: number }> &
  (Readonly<{ answer: Answer }> | Readonly<{ error: HelperFailure }>);
