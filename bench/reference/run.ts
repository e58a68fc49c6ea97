/** `npm run reference`: PyTorch writes test/golden/ anew. `npm run reference -- check FILE [RESIZE]` loads a weights.safetensors into PyTorch. */
import { fileURLToPath } from 'node:url';
import { runReference } from './environment.js';

const [command = 'write', ...rest] = process.argv.slice(2);
try {
  if (command === 'write') {
    const target = fileURLToPath(new URL('../../test/golden', import.meta.url));
    await runReference('write_goldens.py', [target]);
    await runReference('write_schedules.py', [target]);
  } else if (command === 'check' && rest.length > 0) await runReference('check_weights.py', rest);
  else throw new Error(`"${process.argv.slice(2).join(' ')}" is neither nothing nor "check FILE [RESIZE]".`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
