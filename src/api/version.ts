/** Version of the service, read from package.json. */
import { readFileSync } from 'node:fs';

const manifest = new URL('../../package.json', import.meta.url);

/** The version in package.json, as `0.1.0`: OpenAPI and the Open Inference Protocol show it. */
export const API_VERSION: string = JSON.parse(readFileSync(manifest, 'utf8')).version;
