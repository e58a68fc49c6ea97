/**
 * `npm run reference`: writes test/golden/ again, with PyTorch.
 * `npm run reference -- check FILE [RESIZE]`: loads a weights.safetensors into PyTorch.
 * `npm run reference -- checkpoints`: writes the small .pth files of test/golden/pytorch.
 * `npm run reference -- names`: writes the names of the weights of torchvision's networks.
 * `npm run reference -- preprocessing`: writes images, and their pixels after each preprocessing in Pillow and torchvision.
 * `npm run reference -- augmentation`: writes images, and their pixels after each change of torchvision's transforms.
 * `npm run reference -- library-names`: writes names and shapes of weights of timm and transformers.
 * `npm run reference -- gpu-kernels`: writes which GPU kernels TensorFlow's CUDA build has. Downloads about 570 MB; no GPU is needed.
 */
import { fileURLToPath } from 'node:url';
import { everyGraph } from '../../test/support/every-graph.js';
import { runReference, runWithCuda, runWithLibraries, runWithTorchvision } from './environment.js';

const GOLDEN = fileURLToPath(new URL('../../test/golden', import.meta.url));

const [command = 'write', ...rest] = process.argv.slice(2);
try {
  if (command === 'write') {
    await runReference('write_goldens.py', [GOLDEN]);
    await runReference('write_fine_tuning.py', [GOLDEN]);
    await runReference('write_schedules.py', [GOLDEN]);
    await runReference('write_activation_maps.py', [GOLDEN]);
  } else if (command === 'checkpoints') await runReference('write_checkpoints.py', [GOLDEN]);
  else if (command === 'names') await runWithTorchvision('write_names.py', [GOLDEN]);
  else if (command === 'library-names') await runWithLibraries('write_library_names.py', [GOLDEN]);
  else if (command === 'preprocessing') await runWithTorchvision('write_preprocessing.py', [GOLDEN]);
  else if (command === 'augmentation') await runWithTorchvision('write_augmentation.py', [GOLDEN]);
  else if (command === 'gpu-kernels') {
    const operations = new Set(everyGraph('gpu').flatMap(({ nodes }) => nodes.map(({ op }) => op)));
    await runWithCuda('write_gpu_kernels.py', [GOLDEN, ...operations]);
  } else if (command === 'check' && rest.length > 0) await runReference('check_weights.py', rest);
  else
    throw new Error(
      `Unknown command "${process.argv.slice(2).join(' ')}". Use no command, "check FILE [RESIZE]", "checkpoints", "names", "library-names", "preprocessing", "augmentation" or "gpu-kernels".`,
    );
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
