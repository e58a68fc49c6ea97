/** What a helper process and its parent say to each other. */
import type { Failure } from '../jobs/outcome.js';

/** Parent → helper. */
export type HelperCommand<Command> = Readonly<{ id: number; command: Command }>;

export type HelperFailure = Failure & Readonly<{ errors?: readonly Readonly<{ pointer: string; message: string }>[] }>;

/** Helper → parent: one for each command. */
export type HelperMessage<Answer> = Readonly<{ id: number }> &
  (Readonly<{ answer: Answer }> | Readonly<{ error: HelperFailure }>);
