/** Folders of a project: those of `default` are the folders that services without projects have. */
import { DEFAULT_PROJECT } from '../contracts/access/project.js';
import { pathIn } from './checked-paths.js';

/** Folder of the models and of the imported data sets. */
export type ProjectFolders = Readonly<{ modelsDir: string; importedDir: string }>;

/** Returns `<projectsDir>/<name>/{models,datasets}`, or the folders of `default`. Throws `record_corrupt` for a name that is none. */
export function foldersOf(
  { modelsDir, importedDir, projectsDir }: ProjectFolders & Readonly<{ projectsDir: string }>,
  project: string,
): ProjectFolders {
  if (project === DEFAULT_PROJECT) return { modelsDir, importedDir };
  const folder = pathIn(projectsDir, { projectName: project });
  return { modelsDir: `${folder}/models`, importedDir: `${folder}/datasets` };
}
