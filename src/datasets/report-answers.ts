/** Answers of the API about what an import found out about its images: the report, and the lists behind it. */
import { join } from 'node:path';
import type { DuplicatePage, DuplicatesQuery, SplitName } from '../contracts/datasets/dataset-content.js';
import type { BlankPage, BlankQuery, DatasetReport } from '../contracts/datasets/dataset-report.js';
import { pathIn } from '../files/checked-paths.js';
import { countImages, readStatistics } from './dataset-statistics.js';
import { imageUrlOf } from './image-url.js';
import { isBuiltIn, openEntry } from './index.js';
import type { DatasetEntry } from './loaded-dataset.js';
import { DUPLICATES_FILE, NEAR_DUPLICATES_FILE, readDuplicates } from './report/duplicate-groups.js';
import { composeReport, readBlank, readReport } from './report/report.js';
import type { ImagePlace } from './report/survey.js';

type Folders = Readonly<{ datasetsDir: string; importedDir: string }>;

export function createReportAnswers(folders: Folders) {
  const folderOf = (name: string) => pathIn(folders.importedDir, { datasetName: name });

  /** Returns a function that describes one of the given images for an answer. */
  async function placer(entry: DatasetEntry, images: readonly ImagePlace[]) {
    const { name, classes } = entry.info;
    const versions = new Map<SplitName, string>();
    for (const split of new Set(images.map((image) => image.split)))
      versions.set(split, (await entry.source(split, folders))?.version ?? '');
    return ({ split, index, label, path }: ImagePlace) => ({
      ...{ split, index, class: classes[label] ?? '', path },
      url: imageUrlOf(name, split, index, versions.get(split) ?? ''),
    });
  }

  return {
    /** Returns the report on a data set. Throws like `details`. */
    async report(name: string): Promise<DatasetReport> {
      const entry = await openEntry(name, folders);
      const statistics = isBuiltIn(name) ? undefined : await readStatistics(folderOf(name));
      return composeReport({
        info: entry.info,
        counts: statistics?.counts ?? (await countImages(entry, folders)),
        same: statistics?.duplicates,
        stored: isBuiltIn(name) ? undefined : await readReport(folderOf(name)),
      });
    },

    /** Returns a page of the images that show nothing. Throws like `details`. */
    async blank(name: string, query: BlankQuery): Promise<BlankPage> {
      const entry = await openEntry(name, folders);
      if (isBuiltIn(name)) return { images: [] };
      const { images, ...next } = await readBlank(folderOf(name), query);
      const place = await placer(entry, images);
      return {
        images: images.map((image) => ({ ...place(image), colour: image.colour, transparent: image.transparent })),
        ...next,
      };
    },

    /** Returns a page of the groups of images with the same pixels. Throws like `details`. */
    async duplicates(name: string, query: DuplicatesQuery): Promise<DuplicatePage> {
      const entry = await openEntry(name, folders);
      if (isBuiltIn(name)) return { groups: [] };
      const file = query.match === 'near' ? NEAR_DUPLICATES_FILE : DUPLICATES_FILE;
      const { groups, ...next } = await readDuplicates(join(folderOf(name), file), query);
      const place = await placer(
        entry,
        groups.flatMap(({ images }) => images),
      );
      return { groups: groups.map((group) => ({ ...group, images: group.images.map(place) })), ...next };
    },
  };
}
