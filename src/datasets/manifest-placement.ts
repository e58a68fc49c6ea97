/** Class and split of each image according to the manifests of the archive. */
import type { FieldError } from '../errors/errors.js';
import { byKey, placeByFolders, placedAt } from './folder-placement.js';
import { listed } from './listed-names.js';
import type { Manifest, ManifestLine } from './manifest-lines.js';
import { type ArchiveContent, type ArchivePlacement, type Placed, parentOf } from './placed-image.js';
import { roleOf, type SplitRole } from './split-names.js';

type Listed<Image> = Readonly<{ image: Image; line: ManifestLine }>;

/**
 * Places the images that a manifest lists. Folders say what the manifest has no column for: the class, or the split by a folder such as
 * `train`. Other images are left out. Throws `invalid_dataset` if folders have to say the class and are ambiguous.
 */
export function placeByManifest<Image extends Readonly<{ path: string }>>(
  content: ArchiveContent<Image>,
  manifest: Manifest,
): ArchivePlacement<Image> {
  const { paths, columns } = manifest;
  const faults: FieldError[] = [];
  const found = findImages(content.images, manifest, faults);
  const hasLabels = columns.has('label');
  const folders = hasLabels ? undefined : placesInFolders(content, found);
  if (hasLabels) faults.push(...unknownFolders(found));
  const known = new Set(found.map(({ image }) => image));
  const reason = `is not in ${listed(paths)}`;
  const strays = content.images.filter((image) => !known.has(image)).map((image) => ({ image, reason }));
  const placed: Placed<Image>[] = [];
  for (const { image, line } of found) {
    const { pointer, label, role, group } = line;
    const folder = folders?.get(image);
    if (columns.has('split') && role === undefined) faults.push({ pointer, message: 'has no split' });
    if (hasLabels && label === undefined) {
      faults.push({ pointer, message: 'has no label' });
      continue;
    }
    placed.push({
      ...{ ...placedAt(image), pointer, name: label ?? folder?.name ?? '' },
      role: columns.has('split') ? role : (folder?.role ?? roleInPath(image.path)),
      ...(group !== undefined && { group }),
    });
  }
  placed.sort(byKey);
  return { placed, strays, manifests: paths, faults, folderOf: parentOf };
}

/** Returns the image of each line. A path counts from the folder of the manifest, or else from the top of the archive. */
function findImages<Image extends Readonly<{ path: string }>>(
  images: readonly Image[],
  { lines }: Manifest,
  faults: FieldError[],
): Listed<Image>[] {
  const byPath = new Map(images.map((image) => [image.path, image]));
  const lineOf = new Map<Image, ManifestLine>();
  for (const line of lines) {
    const image = byPath.get(line.path) ?? byPath.get(line.writtenPath);
    const other = image && lineOf.get(image);
    if (image === undefined)
      faults.push({
        pointer: line.pointer,
        message: `names ${shortened(line.writtenPath)}, which is no image of the archive`,
      });
    else if (other === undefined) lineOf.set(image, line);
    else if (contentOf(other) !== contentOf(line))
      faults.push({
        pointer: line.pointer,
        message: `lists ${image.path} once more, with another class, split or group than line ${other.pointer.split('/').at(-1)}`,
      });
  }
  return [...lineOf].map(([image, line]) => ({ image, line }));
}

const contentOf = ({ label, role, group }: ManifestLine): string => JSON.stringify([label, role, group]);
const shortened = (path: string): string => (path.length > 100 ? `${path.slice(0, 100)}…` : path);

/** Returns class and split of the listed images by their folders. */
function placesInFolders<Image extends Readonly<{ path: string }>>(
  content: ArchiveContent<Image>,
  found: readonly Listed<Image>[],
): ReadonlyMap<Image, Placed<Image>> {
  const { placed } = placeByFolders({ ...content, images: found.map(({ image }) => image), folders: [] });
  return new Map(placed.map((each) => [each.image, each]));
}

/** Returns the split that the outermost folder with the name of a split means. */
function roleInPath(path: string): SplitRole | undefined {
  const names = path.split('/').slice(0, -1);
  return names.map(roleOf).find((role) => role !== undefined);
}

/** Yields a fault for each line whose label is no folder, if the folders of the archive are named as labels: it may be misspelled. */
function* unknownFolders<Image extends Readonly<{ path: string }>>(
  found: readonly Listed<Image>[],
): Generator<FieldError> {
  const folders = new Set<string>();
  let areClasses = false;
  for (const { image, line } of found) {
    const names = image.path.split('/').slice(0, -1);
    for (const name of names) folders.add(name);
    areClasses ||= line.label !== undefined && names.includes(line.label);
  }
  if (!areClasses) return;
  for (const { line } of found)
    if (line.label !== undefined && !folders.has(line.label))
      yield { pointer: line.pointer, message: `has the label ${shortened(line.label)}, which no folder has` };
}
