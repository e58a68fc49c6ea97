/** Question before something is deleted, and the outcome. */
import { confirm, type Question } from './dialog.js';
import { toast, toastError } from './toast.js';

type Deletion = Pick<Question, 'title' | 'text'> &
  Readonly<{
    /** Name of the action. Default "Delete". */
    action?: string;
    remove: () => Promise<unknown>;
    /** Sentence that is shown afterwards. */
    done: string;
  }>;

/** Asks, and deletes if the person agrees. Shows `done`, or the error. Resolves with whether it was deleted. */
export async function confirmDelete({ title, text, action = 'Delete', remove, done }: Deletion): Promise<boolean> {
  if (!(await confirm({ title, text, action, isDanger: true }))) return false;
  try {
    await remove();
  } catch (error) {
    toastError(error);
    return false;
  }
  toast(done);
  return true;
}
