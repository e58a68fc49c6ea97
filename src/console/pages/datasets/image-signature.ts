/** Recognition of image files by their first bytes, as the service does it. */

const START_BYTES = 32;

const READABLE: readonly RegExp[] = [
  /^\x89PNG\r\n/,
  /^\xff\xd8\xff/,
  /^RIFF.{4}WEBP/s,
  /^GIF8/,
  /^(II[*+]\0|MM\0[*+])/,
  /^BM.{4}\0{4}/s,
  /^.{4}ftyp(avi[fs]|.{0,20}avi[fs])/s,
];
const UNREADABLE: readonly (readonly [format: string, pattern: RegExp])[] = [
  ['HEIC', /^.{4}ftyp(hei|hev|mif|msf)/s],
  ['JPEG XL', /^(\xff\n|\0{3}.JXL )/s],
  ['JPEG 2000', /^(\0{3}.jP {2}|\xffO\xffQ)/s],
  ['Photoshop', /^8BPS/],
  ['PNM', /^P[1-6]\s+(#[^\n]*\n\s*)*\d+\s+\d+\s/],
  ['OpenEXR', /^v\/1[^ -~]/],
  ['Radiance HDR', /^#\?(RADIANCE|RGBE)\n/],
];
const IMAGE_NAME = /\.(png|apng|jpe?g?|jfif|jif|pjpeg|pjp|webp|gif|bmp|dib|tiff?|avifs?|hei[cf]s?|p[bgnp]m)$/i;

/** `image`: the service can read it, as far as its first bytes say. `unusable`: it calls itself an image, and is none. */
export type FileKind = 'image' | 'unusable' | 'other';
export type Recognized = Readonly<{ kind: FileKind; reason?: string }>;

/** Recognizes a file by its name alone, as in an archive whose content is packed. */
export const recognizeName = (path: string): Recognized => ({ kind: IMAGE_NAME.test(path) ? 'image' : 'other' });

/** Recognizes a file by its first bytes. A file that cannot be opened is unusable. */
export async function recognize(file: Blob, path: string): Promise<Recognized> {
  const isNamedImage = IMAGE_NAME.test(path);
  try {
    if (file.size === 0) return isNamedImage ? { kind: 'unusable', reason: 'is empty' } : { kind: 'other' };
    const bytes = new Uint8Array(await file.slice(0, START_BYTES).arrayBuffer());
    const start = String.fromCharCode(...bytes);
    if (READABLE.some((pattern) => pattern.test(start))) return { kind: 'image' };
    const [format] = UNREADABLE.find(([, pattern]) => pattern.test(start)) ?? [];
    // Only its extension tells a PNM from text: `P1 12 30` begins a picture, or a list.
    const isText = format === 'PNM' && !isNamedImage;
    if (format !== undefined && !isText)
      return { kind: 'unusable', reason: `is in the format ${format}: save it as JPEG or PNG` };
    return isNamedImage ? { kind: 'unusable', reason: 'is not an image file, whatever its name' } : { kind: 'other' };
  } catch {
    return { kind: 'unusable', reason: 'cannot be opened on this computer' };
  }
}
