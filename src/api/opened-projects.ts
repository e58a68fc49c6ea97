/** Parts of the projects that requests have used: opened at the first request, kept until the process ends. */
import type { ProjectRegistry } from '../access/index.js';
import type { ProjectParts } from './deps.js';

type OpenedProjectsDeps = Readonly<{
  /** Opens the folders of a project that exists. */
  open: (name: string) => Promise<ProjectParts>;
  registry: Pick<ProjectRegistry, 'list' | 'require'>;
}>;

export function createOpenedProjects({ open: openParts, registry }: OpenedProjectsDeps) {
  const opened = new Map<string, Promise<ProjectParts>>();

  async function open(name: string): Promise<ProjectParts> {
    await registry.require(name);
    const parts = opened.get(name) ?? openParts(name);
    opened.set(name, parts);
    // After an error, such as a full disk, the next request tries again.
    parts.catch(() => opened.delete(name));
    return parts;
  }

  return {
    /** Returns the parts of a project. Concurrent requests open it once. Throws `project_not_found`. */
    open,
    /** Opens all projects. */
    openAll: async (): Promise<ProjectParts[]> => Promise.all((await registry.list()).map(({ name }) => open(name))),
    /** Names of the opened projects. */
    names: (): readonly string[] => [...opened.keys()],
  };
}
