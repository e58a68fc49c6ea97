/** Class and split of each image according to the folders of the archive. */
import type { FieldError } from '../errors/errors.js';
import { sha256 } from '../files/sha256.js';
import { createTree, type Folder } from './folder-tree.js';
import { type ArchiveContent, type ArchivePlacement, type Placed, parentOf } from './placed-image.js';
import { type ClassRoot, findClassRoots } from './split-folders.js';

/** Finds the splits of an archive, with a folder for each class. Throws `invalid_dataset` if they are ambiguous. */
export function placeByFolders<Image extends Readonly<{ path: string }>>({
  images,
  others,
  folders,
}: ArchiveContent<Image>): ArchivePlacement<Image> {
  const { root, add } = createTree();
  for (const { path } of images) add(path, 'image');
  for (const path of others) add(path, 'other');
  for (const path of folders) add(path, 'folder');
  const roots = findClassRoots(root);
  const placed: Placed<Image>[] = [];
  const strays: { image: Image; reason: string }[] = [];
  for (const image of images) {
    const found = rootOf(image.path, roots);
    if (found === undefined) strays.push({ image, reason: 'is outside the splits' });
    else placed.push({ ...placedAt(image), name: classIn(found, image.path).trim(), role: found.role });
  }
  placed.sort(byKey);
  return { placed, strays, manifests: [], faults: [...emptyClasses(roots)], folderOf: folderFinder(roots) };
}

/** Returns an image with its key and its own pointer. The key is half as long as hexadecimal digits, with the same order. */
export const placedAt = <Image extends Readonly<{ path: string }>>(image: Image) => ({
  ...{ image, key: sha256(image.path, 'binary'), pointer: `/${image.path}` },
});

/** Orders images by the digests of their paths, which mixes the classes. */
export const byKey = (a: Readonly<{ key: string }>, b: Readonly<{ key: string }>): number =>
  a.key < b.key ? -1 : Number(a.key > b.key);

const prefixOf = ({ path }: Folder): string => (path === '' ? '' : `${path}/`);
const rootOf = (path: string, roots: readonly ClassRoot[]) =>
  roots.find(({ folder }) => path.startsWith(prefixOf(folder)));

/** Returns the class folder of a path below a root; empty if the path is directly in the root. */
function classIn({ folder }: ClassRoot, path: string): string {
  const below = path.slice(prefixOf(folder).length);
  return below.slice(0, Math.max(0, below.indexOf('/')));
}

const folderFinder =
  (roots: readonly ClassRoot[]) =>
  (path: string): string => {
    const root = rootOf(path, roots);
    const name = root === undefined ? '' : classIn(root, path);
    return root === undefined || name === '' ? parentOf(path) : `${prefixOf(root.folder)}${name}`;
  };

/** Yields a fault for each class folder without images. */
function* emptyClasses(roots: readonly ClassRoot[]): Generator<FieldError> {
  for (const { folder } of roots) {
    for (const { path, images, others } of folder.children.values()) {
      if (images > 0) continue;
      const reason =
        others === 0
          ? 'it is empty'
          : others === 1
            ? 'its only file is not an image'
            : `none of its ${others} files is an image`;
      yield {
        pointer: `/${path}`,
        message: `has no image that can be read: ${reason}. Add images, or remove the folder if it is not a class`,
      };
    }
  }
}
