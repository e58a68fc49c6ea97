/**
 * `npm run reference`: PyTorch writes test/golden/ anew. `npm run reference -- check FILE [RESIZE]` loads a weights.safetensors into PyTorch.
 * `npm run reference -- names`: torchvision says what its networks' weights are called.
 * `npm run reference -- gpu-kernels`: TensorFlow's CUDA build, some 570 MB to fetch, says what it has kernels for; no GPU is needed.
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
      `"${process.argv.slice(2).join(' ')}" is none of nothing, "check FILE [RESIZE]", "names", "gpu-kernels".`,
    );
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
