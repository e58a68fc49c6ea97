/** Checks that the container files use no option newer than Docker Engine 20.10: Compose rejects a file with unknown options. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');

/** Patterns of options that need a later Engine or Compose. */
const LATER = [
  /^\s*start_interval:/m, // Engine 25
  /--start-interval/, // Engine 25
  /^\s*(develop|attach|include|configs\.content|post_start|pre_stop):/m, // Compose 2.20 to 2.30
  /^\s*depends_on:[\s\S]*?\brequired:/m, // Compose 2.20
  /^(RUN|COPY|ADD) --(mount|link|parents|exclude|keep-git-dir)/m, // BuildKit, which 20.10 does not use by itself
];

test.each(['docker-compose.yml', 'docker-compose.gpu.yml', 'Dockerfile'])(
  '%s has no option of a later release',
  (file) => {
    const text = readFileSync(join(root, file), 'utf8').replaceAll(/#.*$/gm, '');
    expect(LATER.filter((option) => option.test(text))).toEqual([]);
  },
);
