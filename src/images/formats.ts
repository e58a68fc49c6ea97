/** Image formats, told by the first bytes of a file: never by a name or a header. */

/** Bytes of a file that decide its format. */
export const FIRST_BYTES = 64;

/** Order matters: an AVIF file may name HEIF's generic brand first. */
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
];

const READ: ReadonlySet<string> = new Set(['PNG', 'JPEG', 'WebP', 'GIF', 'TIFF', 'BMP', 'AVIF']);

/** The formats that are read, for sentences. */
export const FORMATS = 'PNG, JPEG, WebP, GIF, TIFF, BMP and AVIF';

/** The name of the format; undefined if the first bytes are of none that is known here. */
export function formatOf(file: Uint8Array): string | undefined {
  const start = Buffer.from(file.buffer, file.byteOffset, Math.min(file.length, FIRST_BYTES)).toString('latin1');
  return signatures.find(([, pattern]) => pattern.test(start))?.[0];
}

/** What is wrong with a file whose format is not read, as the rest of a sentence. */
export function otherFormat(file: Uint8Array): string | undefined {
  if (file.length === 0) return `is empty: send a ${FORMATS.replace(' and ', ' or ')} file`;
  const format = formatOf(file);
  if (format !== undefined && READ.has(format)) return undefined;
  if (format === undefined) return `is not an image file: ${FORMATS} are read`;
  return `is in the format ${format}: ${FORMATS} are read. Save it as JPEG or PNG`;
}
