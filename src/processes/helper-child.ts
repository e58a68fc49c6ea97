/** Child side of a helper process. */
import type { HelperCommand, HelperMessage } from '../contracts/processes/helper.js';
import { toTrainyardError } from '../errors/errors.js';

/** Answers the parent's commands, and exits when the parent is gone. */
export function answerCommands<Command, Answer>(answer: (command: Command) => Promise<Answer> | Answer): void {
  process.on('SIGINT', () => {}); // Ctrl-C reaches the whole process group: the parent decides
  process.on('disconnect', () => process.exit(0));
  process.on('message', async ({ id, command }: HelperCommand<Command>) => {
    const message = await answerOf(id, async () => answer(command));
    process.send?.(message, () => undefined);
  });
}

async function answerOf<Answer>(id: number, answer: () => Promise<Answer>): Promise<HelperMessage<Answer>> {
  try {
    return { id, answer: await answer() };
  } catch (error) {
    const { code, message, errors } = toTrainyardError(error);
    return { id, error: { code, message, ...(errors && { errors: [...errors] }) } };
  }
}
