/** Lines of a manifest: class, split and group of an image. */
import type { SplitRole } from './split-names.js';

/** A line about an image. Empty texts and absent columns are undefined. */
export type ManifestLine = Readonly<{
  /** Pointer to the line: path of the manifest, number of the line. */
  pointer: string;
  /** Path of the image in the archive, if the manifest counts it from its own folder. */
  path: string;
  /** Path of the image, if the manifest counts it from the top of the archive. */
  writtenPath: string;
  label: string | undefined;
  role: SplitRole | undefined;
  group: string | undefined;
}>;

export type ManifestColumn = 'path' | 'label' | 'split' | 'group';

export type Manifest = Readonly<{
  paths: readonly string[];
  lines: readonly ManifestLine[];
  /** Columns that have a text in some line. */
  columns: ReadonlySet<ManifestColumn>;
  /** Names of the classes in their order. Absent: their order follows from the names. */
  classes?: readonly string[];
}>;
