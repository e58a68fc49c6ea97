/** Reads the layout of an archive: separates images, manifests and other files. */
import { isGroupPattern } from '../contracts/datasets/dataset.js';
import { sortFiles } from './archive-content.js';
import type { Archive, ArchiveFile } from './archive-listing.js';
import { type Layout, layoutOf, type SplitOptions } from './layout.js';
import type { LeftOut } from './left-out.js';
import { isManifestName, readManifests } from './read-manifests.js';

/** `others`: files that are neither images nor manifests. */
export type ArchiveLayout = Layout<ArchiveFile> & Readonly<{ others: readonly string[] }>;

/** Finds class and split of each image, and notes the files that are left out. Throws `invalid_dataset`. */
export async function readLayout(
  archive: Archive,
  options: SplitOptions,
  leftOut: Pick<LeftOut, 'add'>,
): Promise<ArchiveLayout> {
  const { groups } = options;
  const column = groups === undefined || isGroupPattern(groups) ? undefined : groups;
  const { manifest = archive.manifest, unused } = await readManifests(archive, column);
  const files = archive.files.filter(({ path }) => !isManifestName(path));
  const content = await sortFiles({ ...archive, files }, leftOut);
  const others = [...content.others, ...unused.keys()];
  for (const [path, reason] of unused) leftOut.add(path, reason);
  const layout = layoutOf({ ...content, others }, options, manifest);
  for (const { image, reason } of layout.strays) leftOut.add(image.path, reason);
  return { ...layout, others };
}
