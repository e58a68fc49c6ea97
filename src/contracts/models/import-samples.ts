/** Sample images of an import, with the logits that the origin of the weights computed for them. */

/** Maximum number of sample images. */
export const MAX_SAMPLE_IMAGES = 8;
/** Maximum number of bytes of all sample images together. */
export const MAX_SAMPLE_BYTES = 2 ** 24;

/** Image files, and the logits of each, in the same order. */
export type ImportSamples = Readonly<{ images: readonly Uint8Array[]; logits: readonly (readonly number[])[] }>;
