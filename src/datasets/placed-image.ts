/** Images of an archive with their class and split, before the splits are complete. */
import type { FieldError } from '../errors/errors.js';
import type { SplitRole } from './split-names.js';

/** An image with the index of its class in `classes`. */
export type Labelled<Image> = Readonly<{ image: Image; label: number }>;

/** Paths in an archive. `folders`: folders that the archive lists as entries. */
export type ArchiveContent<Image> = Readonly<{
  images: readonly Image[];
  others: readonly string[];
  folders: readonly string[];
}>;

export type Placed<Image> = Readonly<{
  image: Image;
  /** Digest of the path, which decides the order. */
  key: string;
  /** Name of the class; empty if the image has none. */
  name: string;
  /** Split that the archive says; undefined if it says none. */
  role: SplitRole | undefined;
  /** Images of one group stay in one split. */
  group?: string;
  /** Pointer to the place that says class and split: the image, or a line of a manifest. */
  pointer: string;
}>;

/** Images with their class and split according to folders or to a manifest. */
export type ArchivePlacement<Image> = Readonly<{
  /** In the order of their keys. */
  placed: readonly Placed<Image>[];
  /** Images that belong to no split, each with the reason. */
  strays: readonly Readonly<{ image: Image; reason: string }>[];
  /** Paths of the manifests; none if folders alone decide. */
  manifests: readonly string[];
  faults: readonly FieldError[];
  /** Returns the folder to which a report counts a path. */
  folderOf(path: string): string;
}>;

/** Returns the folder that contains a path; empty at the top. */
export const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));
