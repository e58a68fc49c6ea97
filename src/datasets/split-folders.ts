/** Search for the folders of an archive that are its splits, and for those that hold its classes. */
import { type Folder, withImages } from './folder-tree.js';
import { listed } from './listed-names.js';
import { partialRoleOf, roleOf, type SplitRole } from './split-names.js';
import { invalid } from './zip-region.js';

/** A folder whose subfolders are classes: of one split or, without `role`, of all images. */
export type ClassRoot = Readonly<{ folder: Folder; role: SplitRole | undefined }>;

/** Returns the name in lower case without outer spaces: two splits may spell a class differently. */
const foldedName = ({ name }: Folder): string => name.trim().toLowerCase();

/** Levels below the common folder of all images that are searched for splits. */
const MAX_WRAPPERS = 2;

/** Returns the folder of each split, or one folder without a role if the archive has no splits. Throws `invalid_dataset` if unclear. */
export function findClassRoots(root: Folder): ClassRoot[] {
  const top = commonFolder(root);
  const parents = splitParents(top);
  const [parent, other] = parents;
  if (parent !== undefined && other !== undefined) throw splitsInClasses(parents);
  if (parent === undefined) {
    requireClasses(top);
    return [{ folder: top, role: undefined }];
  }
  const splits = splitsOf(parent);
  requireMain(root, parent, splits);
  return splits;
}

/** Returns the deepest folder that contains all images, and none of them directly. */
function commonFolder(folder: Folder): Folder {
  const [only, other] = withImages(folder);
  if (only === undefined || other !== undefined || folder.ownImages > 0 || only.ownImages > 0) return folder;
  requireOtherSplits(folder, only);
  return commonFolder(only);
}

/** Refuses a split without readable images next to a training split. */
function requireOtherSplits(home: Folder, only: Folder): void {
  if (roleOf(only.name) !== 'train') return;
  const empty = [...home.children.values()].find((child) => child !== only && roleOf(child.name) !== undefined);
  if (empty !== undefined)
    throw invalid(`The folder ${empty.path} has no readable image. Add images, or remove the folder.`);
}

/** Tells whether a folder has subfolders with images, as a split has its classes. */
const holdsClasses = (folder: Folder): boolean => withImages(folder).length > 0;

/** Returns the topmost folders that contain a training split and another split. */
function splitParents(top: Folder): Folder[] {
  let level = [top];
  for (let depth = 0; depth <= MAX_WRAPPERS; depth++) {
    const parents = level.filter((folder) => {
      const children = withImages(folder);
      const trains = children.filter((child) => roleOf(child.name) === 'train');
      return trains.some(holdsClasses) && children.some(({ name }) => !['train', undefined].includes(roleOf(name)));
    });
    if (parents.length > 0) return parents;
    level = level.flatMap(withImages);
  }
  return [];
}

function splitsOf(parent: Folder): ClassRoot[] {
  const children = withImages(parent);
  const splits = children.flatMap((folder) => {
    const role = roleOf(folder.name);
    return role === undefined ? [] : [{ folder, role }];
  });
  for (const role of ['train', 'validation', 'test'] as const) {
    const names = splits.filter((split) => split.role === role).map(({ folder }) => folder.name);
    if (new Set(names.map((name) => name.toLowerCase())).size > 1)
      throw invalid(
        `The folders ${listed(names)} all look like the ${role} split. Put their images into one folder named ${role}.`,
      );
  }
  if (!splits.some(({ role }) => role === 'test')) {
    const names = splits.map(({ folder }) => folder.name);
    throw invalid(
      `The archive has the folders ${listed(names)}, and none named test. Name the folder with the test images test.`,
    );
  }
  requireKnown(children, splits);
  return splits;
}

/** Refuses another folder with the classes of the training split: it may be a split under another name. */
function requireKnown(children: readonly Folder[], splits: readonly ClassRoot[]): void {
  const trains = splits.filter(({ role }) => role === 'train');
  const classes = new Set(trains.flatMap(({ folder }) => withImages(folder).map(foldedName)));
  for (const folder of children) {
    if (roleOf(folder.name) !== undefined) continue;
    const common = withImages(folder).filter((child) => classes.has(foldedName(child)));
    if (common.length > 0)
      throw invalid(
        `The folder ${folder.path} has the same classes as the training images (${listed(common.map(({ name }) => name))}). If it is a split, name it train, validation or test; otherwise remove it.`,
      );
  }
}

/** Refuses splits that contain fewer images than the other folders, which would be left out. */
function requireMain(root: Folder, parent: Folder, splits: readonly ClassRoot[]): void {
  const used = splits.reduce((sum, { folder }) => sum + folder.images, 0);
  if (used >= root.images - used) return;
  const roots = new Set(splits.map(({ folder }) => folder.path));
  const others = [...withImages(parent), ...withImages(root)].filter(
    ({ path }) => !roots.has(path) && path !== parent.path && !parent.path.startsWith(`${path}/`),
  );
  throw invalid(
    `The archive has ${root.images - used} images outside its splits, in ${listed(others.map(({ path }) => path))}, and only ${used} inside. Move the images into the splits, or remove the other folders.`,
  );
}

/** Refuses folders that look like splits but cannot be used as such. */
function requireClasses(top: Folder): void {
  const children = withImages(top);
  const names = children.map(({ name }) => name);
  const areSplits = children.length > 1 && names.every((name) => roleOf(name) !== undefined);
  if (areSplits) {
    const flat = children.filter((child) => !holdsClasses(child));
    throw invalid(
      flat.length > 0
        ? `The folders ${listed(names)} are splits, and ${listed(flat.map(({ name }) => name))} has no class folders. Make a folder for each class in every split.`
        : `The archive has the folders ${listed(names)}, and none named train. Name the folder with the training images train.`,
    );
  }
  requireNoPartialSplits(names);
  if (children.length > 1) requireDifferent(children);
}

/** Refuses `seg_train` next to `seg_test`, or `trainA` next to `testA`, as classes. */
function requireNoPartialSplits(names: readonly string[]): void {
  const parts = names.map((name) => ({ name, ...partialRoleOf(name) }));
  for (const { name, role, rest } of parts) {
    if (role !== 'train') continue;
    const other = parts.find((part) => part.rest === rest && part.role !== 'train');
    if (other !== undefined)
      throw invalid(
        `The folders ${listed([name, other.name])} look like splits. Put their images into train/<class> and ${other.role}/<class>.`,
      );
  }
}

/** Refuses folders with the same subfolders: `north/ant north/bee south/ant south/bee` are hardly the classes north and south. */
function requireDifferent(tops: readonly Folder[]): void {
  const owners = new Map<string, Folder[]>();
  for (const top of tops) {
    for (const name of new Set(withImages(top).map(foldedName))) {
      const known = owners.get(name);
      if (known === undefined) owners.set(name, [top]);
      else known.push(top);
    }
  }
  for (const top of tops) {
    const inner = withImages(top).map(({ name }) => name);
    const common = inner.filter((name) => (owners.get(name.trim().toLowerCase())?.length ?? 0) > 1);
    if (top.ownImages > 0 || common.length < 2 || 2 * common.length < inner.length) continue;
    const alike = owners.get(common[0]?.trim().toLowerCase() ?? '') ?? [];
    if (common.every((name) => roleOf(name) !== undefined)) throw splitsInClasses(alike);
    throw invalid(
      `The folders ${listed(alike.map(({ path }) => path))} have the same subfolders, ${listed(common)}. If they are splits, name them train, validation and test. If they are classes, put the images of each into one folder.`,
    );
  }
}

const splitsInClasses = (folders: readonly Folder[]) =>
  invalid(
    `The folders ${listed(folders.map(({ path }) => path))} each have their own splits. Put the splits on top, as train/<class> and test/<class>.`,
  );
