/** Sources of weights as server.ts makes them, with every address allowed and short pauses. */
import { createUploads } from '../../src/files/uploads.js';
import { createLookup } from '../../src/outbound/lookup.js';

/** `importDir` defaults to none, `maxBytes` to 4 MiB. */
export const weightsSources = (
  root: string,
  {
    importDir,
    networks = 'any' as const,
    maxBytes = 2 ** 22,
  }: Readonly<{ importDir?: string; networks?: 'any' | 'private' | 'public'; maxBytes?: number }> = {},
) => ({
  uploads: createUploads(root),
  importDir,
  maxBytes,
  rules: { networks, lookup: createLookup(), pauseMs: 1 },
});
