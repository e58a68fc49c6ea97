/** Images and other files of an archive. */
import { extname } from 'node:path';
import { Readable } from 'node:stream';
import { formatOf } from '../images/formats.js';
import type { Archive, ArchiveFile } from './archive-listing.js';
import type { LeftOut } from './left-out.js';
import type { ArchiveContent } from './placed-image.js';
import { AT_ONCE } from './split-writer.js';

/** Separates images from other files by their first bytes. A file with the extension of an image counts as an image. */
export async function sortFiles(archive: Archive, leftOut: Pick<LeftOut, 'add'>): Promise<ArchiveContent<ArchiveFile>> {
  for (const path of archive.repeated) leftOut.add(path, 'is in the archive several times with the same content');
  const [images, others]: [ArchiveFile[], string[]] = [[], []];
  const sorted = Readable.from(archive.files).map(
    async (file: ArchiveFile) => ({ file, reason: await whyNoImage(archive, file) }),
    { concurrency: AT_ONCE },
  );
  for await (const { file, reason } of sorted as AsyncIterable<{ file: ArchiveFile; reason: string | undefined }>) {
    if (reason === undefined) images.push(file);
    else {
      others.push(file.path);
      leftOut.add(file.path, reason);
    }
  }
  return { images, others, folders: archive.folders };
}

/** Tells whether a file has the ending of an image. */
export const isImageName = (path: string): boolean => IMAGE_NAME.test(path);

const IMAGE_NAME = /\.(png|apng|jpe?g?|jfif|jif|pjpeg|pjp|webp|gif|bmp|dib|tiff?|avifs?|hei[cf]s?|p[bgnp]m)$/i;
/** Formats of files that come with images but are not part of the data. */
const DOCUMENTS = ['PDF', 'SVG', 'ICO'];
/** Format whose files only their extension tells from text: `P1 12 30` begins a picture, or a list. */
const PNM = 'PNM';

/** Returns why a file does not count as an image of the data; undefined if it does. */
async function whyNoImage(archive: Archive, file: ArchiveFile): Promise<string | undefined> {
  if (IMAGE_NAME.test(file.path)) return undefined;
  const other = `is not an image file${extname(file.path) && `: ${extname(file.path)}`}`;
  if (file.isLink) return other;
  const format = formatOf(await archive.readStart(file));
  if (format === undefined || format === PNM) return other;
  return DOCUMENTS.includes(format) ? `is in the format ${format}, which is not supported` : undefined;
}
