/** Addresses from which the service downloads a file. */

/** The last part of the path names the file. http:// is not always refused: DOWNLOAD_NETWORKS may allow it. */
const ADDRESS = /^https?:\/\/[^\s/?#]+\/[^\s?#]*[^\s/?#]([?#]\S*)?$/;

/** Returns what is wrong with the address of a file; undefined for an address that the service may accept. */
export const addressFault = (text: string): string | undefined =>
  ADDRESS.test(text)
    ? undefined
    : 'An address begins with https:// and names a file. http:// is for networks that the service allows.';
