/**
 * Table of abuses. To add a row, write it in a new file in `rows/` and list it here: the command and the short run then include
 * it.
 */
import type { Row } from './row.js';
import { archives } from './rows/archives.js';
import { followers } from './rows/followers.js';
import { labelMoves } from './rows/labels.js';
import { largeImages } from './rows/large-images.js';
import { networks } from './rows/networks.js';
import { silentBodies } from './rows/silent-bodies.js';
import { slowUploads } from './rows/slow-uploads.js';
import { hangingWebhooks } from './rows/webhooks.js';

export const ROWS: readonly Row[] = [
  networks,
  silentBodies,
  largeImages,
  archives,
  slowUploads,
  hangingWebhooks,
  followers,
  labelMoves,
];
