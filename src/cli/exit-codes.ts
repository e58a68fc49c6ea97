/** Exit codes of the command, and the error that carries one. */

export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  jobFailed: 3,
  refused: 4,
  unreachable: 5,
  interrupted: 130,
} as const;

/** Error with a sentence for the user, a suggestion, and the exit code. */
export class CliError extends Error {
  readonly exitCode: number;
  /** What to do next, as a sentence. */
  readonly suggestion: string | undefined;

  constructor(exitCode: number, message: string, suggestion?: string) {
    super(message);
    this.exitCode = exitCode;
    this.suggestion = suggestion;
  }
}

/** Returns the error of a wrong command line. */
export const usageError = (message: string, suggestion?: string): CliError =>
  new CliError(EXIT.usage, message, suggestion);
