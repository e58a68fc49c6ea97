/** Recognition of image formats by the first bytes of a file. */

/** Bytes of a file that are examined. */
export const FIRST_BYTES = 64;

/** The order matters: an AVIF file may begin with HEIF's generic brand. */
const signatures: readonly (readonly [format: string, pattern: RegExp])[] = [
  ['PNG', /^\x89PNG\r\n/],
  ['JPEG', /^\xff\xd8\xff/],
  ['WebP', /^RIFF.{4}WEBP/s],
  ['GIF', /^GIF8/],
  ['TIFF', /^(II[*+]\0|MM\0[*+])/],
  ['BMP', /^BM.{4}\0{4}.{4}[^\0]\0{3}/s],
  ['AVIF', /^.{4}ftyp(avi[fs]|.{0,40}avi[fs])/s],
  ['HEIC', /^.{4}ftyp(hei|hev|mif|msf)/s],
  ['PDF', /^%PDF/],
  ['SVG', /^(\xef\xbb\xbf)?\s*<(\?xml|svg|!DOCTYPE svg|!--)/i],
  ['JPEG XL', /^(\xff\n|\0{3}.JXL )/s],
  ['JPEG 2000', /^(\0{3}.jP {2}|\xffO\xffQ)/s],
  ['Photoshop', /^8BPS/],
  ['PNM', /^P[1-6]\s+(#[^\n]*\n\s*)*\d+\s+\d+\s/],
  // biome-ignore lint/suspicious/noControlCharactersInRegex: 1 stands for icons, 2 for cursors
  ['ICO', /^\0\0[\x01\x02]\0[^\0]\0/],
  ['OpenEXR', /^v\/1[^ -~]/],
  ['Radiance HDR', /^#\?(RADIANCE|RGBE)\n/],
  ['FITS', /^SIMPLE {2}= {20}T/],
  ['Canon CR3', /^.{4}ftypcrx/s],
];

const READABLE: ReadonlySet<string> = new Set(['PNG', 'JPEG', 'WebP', 'GIF', 'TIFF', 'BMP', 'AVIF']);

/** Readable formats, for messages: all that the libvips of sharp reads but SVG, which may refer to other files. */
export const FORMATS = 'PNG, JPEG, WebP, GIF, TIFF, BMP and AVIF';

/** Returns the name of a file's format; undefined if it is unknown. */
export function formatOf(file: Uint8Array): string | undefined {
  const start = Buffer.from(file.buffer, file.byteOffset, Math.min(file.length, FIRST_BYTES)).toString('latin1');
  return signatures.find(([, pattern]) => pattern.test(start))?.[0];
}

/** Returns what is wrong with a file that is not in a readable format, as a predicate; undefined if it is. */
export function formatFault(file: Uint8Array): string | undefined {
  if (file.length === 0) return `is empty: send ${FORMATS.replace(' and ', ' or ')}`;
  const format = formatOf(file);
  if (format !== undefined && READABLE.has(format)) return undefined;
  if (format === undefined) return `is not an image file: send ${FORMATS.replace(' and ', ' or ')}`;
  return `is in the format ${format}, which is not supported: save it as JPEG or PNG`;
}
