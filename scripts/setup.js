/** `npm run setup [step…]`: sets up the clone and starts nothing. `-- --runtime cuda` installs TensorFlow's CUDA build. */
import { requireNode } from './setup/node-version.js';

requireNode();
const { runSetUp } = await import('./setup/entry.js');
await runSetUp(process.argv.slice(2));
