/** Which folders of an archive are its splits, and which hold its classes. */
import { type Folder, withImages } from './folder-tree.js';
import { partialRoleOf, roleOf, type SplitRole } from './split-names.js';
import { invalid } from './zip-region.js';

/** A folder whose folders are the classes: of one split, or of all images. */
export type ClassRoot = Readonly<{ folder: Folder; role: SplitRole | undefined }>;

/** A class may be spelled in another case in another split. */
const foldedName = ({ name }: Folder): string => name.toLowerCase();

/** How deep below the folder that all images share the splits are looked for: in one or two folders more. */
const MOST_WRAPPERS = 2;
const NAMES_SHOWN = 3;

/** The folders of the splits; one without a role if the archive has no splits. Throws `invalid_dataset` if they are not clear. */
export function findClassRoots(root: Folder): ClassRoot[] {
  const top = shared(root);
  const homes = homesOfSplits(top);
  const [home, other] = homes;
  if (home !== undefined && other !== undefined) throw splitsInClasses(homes);
  if (home === undefined) {
    requireClasses(top);
    return [{ folder: top, role: undefined }];
  }
  const splits = splitsOf(home);
  requireMain(root, home, splits);
  return splits;
}

/** Goes into folders as long as all images lie in one, which holds no images itself. */
function shared(folder: Folder): Folder {
  const [only, other] = withImages(folder);
  if (only === undefined || other !== undefined || folder.ownImages > 0 || only.ownImages > 0) return folder;
  requireOtherSplits(folder, only);
  return shared(only);
}

/** Refuses splits without images beside a training split: their files are of a kind that is not read. */
function requireOtherSplits(home: Folder, only: Folder): void {
  if (roleOf(only.name) !== 'train') return;
  const empty = [...home.children.values()].find((child) => child !== only && roleOf(child.name) !== undefined);
  if (empty !== undefined)
    throw invalid(`The folder ${empty.path} has no image that can be read: add some, or leave the folder out.`);
}

/** Whether a folder holds folders of images, as a split holds its classes. */
const holdsClasses = (folder: Folder): boolean => withImages(folder).length > 0;

/** The folders nearest to the top that have a training split and another one. */
function homesOfSplits(top: Folder): Folder[] {
  let level = [top];
  for (let depth = 0; depth <= MOST_WRAPPERS; depth++) {
    const homes = level.filter((folder) => {
      const children = withImages(folder);
      const trains = children.filter((child) => roleOf(child.name) === 'train');
      return trains.some(holdsClasses) && children.some(({ name }) => !['train', undefined].includes(roleOf(name)));
    });
    if (homes.length > 0) return homes;
    level = level.flatMap(withImages);
  }
  return [];
}

function splitsOf(home: Folder): ClassRoot[] {
  const children = withImages(home);
  const splits = children.flatMap((folder) => {
    const role = roleOf(folder.name);
    return role === undefined ? [] : [{ folder, role }];
  });
  for (const role of ['train', 'validation', 'test'] as const) {
    const names = splits.filter((split) => split.role === role).map(({ folder }) => folder.name);
    if (new Set(names.map((name) => name.toLowerCase())).size > 1)
      throw invalid(
        `The folders ${listed(names)} all look like the ${role} split: put their images into one folder named ${role}.`,
      );
  }
  if (!splits.some(({ role }) => role === 'test')) {
    const names = splits.map(({ folder }) => folder.name);
    throw invalid(
      `The archive has the folders ${listed(names)}, and none named test: give that name to the one with the test images.`,
    );
  }
  requireKnown(children, splits);
  return splits;
}

/** Refuses a folder beside the splits that has the classes of the training split: it may be a split under another name. */
function requireKnown(children: readonly Folder[], splits: readonly ClassRoot[]): void {
  const trains = splits.filter(({ role }) => role === 'train');
  const classes = new Set(trains.flatMap(({ folder }) => withImages(folder).map(foldedName)));
  for (const folder of children) {
    if (roleOf(folder.name) !== undefined) continue;
    const common = withImages(folder).filter((child) => classes.has(foldedName(child)));
    if (common.length > 0)
      throw invalid(
        `The folder ${folder.path} has the classes of the training images (${listed(common.map(({ name }) => name))}): name it train, validation or test if it is a split, or leave it out.`,
      );
  }
}

/** Refuses splits that hold fewer images than the folders beside them, which would be left out. */
function requireMain(root: Folder, home: Folder, splits: readonly ClassRoot[]): void {
  const used = splits.reduce((sum, { folder }) => sum + folder.images, 0);
  if (used >= root.images - used) return;
  const roots = new Set(splits.map(({ folder }) => folder.path));
  const beside = [...withImages(home), ...withImages(root)].filter(
    ({ path }) => !roots.has(path) && path !== home.path && !home.path.startsWith(`${path}/`),
  );
  throw invalid(
    `The archive has ${root.images - used} images beside its splits, in ${listed(beside.map(({ path }) => path))}, and only ${used} in them: move the images into the splits, or leave the other folders out.`,
  );
}

/** Refuses folders that look like splits without being named so. */
function requireClasses(top: Folder): void {
  const children = withImages(top);
  const names = children.map(({ name }) => name);
  const areSplits = children.length > 1 && names.every((name) => roleOf(name) !== undefined);
  if (areSplits) {
    const flat = children.filter((child) => !holdsClasses(child));
    throw invalid(
      flat.length > 0
        ? `The folders ${listed(names)} are splits, and ${listed(flat.map(({ name }) => name))} has no folders of classes: make a folder for each class in every split.`
        : `The archive has the folders ${listed(names)}, and none named train: give that name to the one with the training images.`,
    );
  }
  requireNoPartialSplits(names);
  if (children.length > 1) requireUnlike(children);
}

/** Refuses `seg_train` beside `seg_test`, and `trainA` beside `testA`: no model shall learn to tell such folders apart. */
function requireNoPartialSplits(names: readonly string[]): void {
  const parts = names.map((name) => ({ name, ...partialRoleOf(name) }));
  for (const { name, role, rest } of parts) {
    if (role !== 'train') continue;
    const other = parts.find((part) => part.rest === rest && part.role !== 'train');
    if (other !== undefined)
      throw invalid(
        `The folders ${listed([name, other.name])} look like splits: put their images into train/<class> and ${other.role}/<class>.`,
      );
  }
}

/** Refuses top folders that share their folders: `north/ant north/bee south/ant south/bee` are hardly the classes north and south. */
function requireUnlike(tops: readonly Folder[]): void {
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
    const common = inner.filter((name) => (owners.get(name.toLowerCase())?.length ?? 0) > 1);
    if (top.ownImages > 0 || common.length < 2 || 2 * common.length < inner.length) continue;
    const alike = owners.get(common[0]?.toLowerCase() ?? '') ?? [];
    if (common.every((name) => roleOf(name) !== undefined)) throw splitsInClasses(alike);
    throw invalid(
      `The folders ${listed(alike.map(({ path }) => path))} have the same folders, ${listed(common)}. If they are splits, name them train, validation and test; if they are the classes, put the images of each into one folder.`,
    );
  }
}

const splitsInClasses = (folders: readonly Folder[]) =>
  invalid(
    `The folders ${listed(folders.map(({ path }) => path))} each have their own splits: put the splits on top, as train/<class> and test/<class>.`,
  );

/** The first names, and how many more there are. */
function listed(names: readonly string[]): string {
  const more = names.length - NAMES_SHOWN;
  const parts = [...names.slice(0, NAMES_SHOWN), ...(more > 0 ? [`${more} more`] : [])];
  const last = parts.pop() ?? '';
  return parts.length === 0 ? last : `${parts.join(', ')} and ${last}`;
}
