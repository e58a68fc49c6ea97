/**
 * `npm run reference`: writes test/golden/ again, with PyTorch.
 * `npm run reference -- check FILE [RESIZE]`: loads a weights.safetensors into PyTorch.
 * `npm run reference -- names`: writes the names of the weights of torchvision's networks.
 * `npm run reference -- gpu-kernels`: writes which GPU kernels TensorFlow's CUDA build has. Downloads about 570 MB; no GPU is needed.
 */
import { fileURLToPath } from 'node:url';
import { everyGraph } from '../../test/support/every-graph.js';
import { runReference, runWithCuda, runWithTorchvision } from './environment.js';

const GOLDEN = fileURLToPath(new URL('../../test/golden', import.meta.url));

const [command = 'write', ...rest] = process.argv.slice(2);
try {
  if (command === 'write') {
    await runReference('write_goldens.py', [GOLDEN]);
    await runReference('write_schedules.py', [GOLDEN]);
  } else if (command === 'names') await runWithTorchvision('write_names.py', [GOLDEN]);
  else if (command === 'gpu-kernels') {
    const operations = new Set(everyGraph('gpu').flatMap(({ nodes }) => nodes.map(({ op }) => op)));
    await runWithCuda('write_gpu_kernels.py', [GOLDEN, ...operations]);
  } else if (command === 'check' && rest.length > 0) await runReference('check_weights.py', rest);
  else
    throw new Error(
      `Unknown command "${process.argv.slice(2).join(' ')}". Use no command, "check FILE [RESIZE]", "names" or "gpu-kernels".`,
    );
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
