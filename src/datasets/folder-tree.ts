/** Tree of an archive's folders, with the number of images and other files in each. */
import { TrainyardError } from '../errors/errors.js';

export type Folder = {
  readonly path: string;
  readonly name: string;
  readonly children: Map<string, Folder>;
  /** Images directly in the folder. */
  ownImages: number;
  /** Images in the folder and its subfolders. */
  images: number;
  others: number;
};

/** Bounds the memory: one short path can name many folders. */
const MAX_FOLDERS = 200_000;

export type Tree = Readonly<{ root: Folder; add(path: string, kind: 'image' | 'other' | 'folder'): void }>;

/** Returns an empty tree. Its `add` throws `invalid_dataset` if there are too many folders. */
export function createTree(): Tree {
  const root = newFolder('', '');
  let folders = 0;

  function child(parent: Folder, name: string): Folder {
    const known = parent.children.get(name);
    if (known !== undefined) return known;
    folders += 1;
    if (folders > MAX_FOLDERS)
      throw new TrainyardError(
        'invalid_dataset',
        `The archive has more than ${MAX_FOLDERS} folders, the most that are allowed. Pack fewer.`,
      );
    const made = newFolder(parent.path === '' ? name : `${parent.path}/${name}`, name);
    parent.children.set(name, made);
    return made;
  }

  return {
    root,
    add(path, kind) {
      const names = path.split('/');
      if (kind !== 'folder') names.pop();
      let folder = root;
      count(folder, kind);
      for (const name of names) {
        folder = child(folder, name);
        count(folder, kind);
      }
      if (kind === 'image') folder.ownImages += 1;
    },
  };
}

const newFolder = (path: string, name: string): Folder => ({
  ...{ path, name, children: new Map() },
  ...{ ownImages: 0, images: 0, others: 0 },
});

function count(folder: Folder, kind: 'image' | 'other' | 'folder'): void {
  if (kind === 'image') folder.images += 1;
  else if (kind === 'other') folder.others += 1;
}

/** Returns the direct subfolders that contain images at any depth. */
export const withImages = ({ children }: Folder): Folder[] => [...children.values()].filter(({ images }) => images > 0);
