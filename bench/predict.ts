/** `npm run bench:predict`: compares throughput and latency of POST /predict over HTTP with direct calls of the session. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveJob } from '../src/contracts/jobs/job.js';
import { datasets } from '../src/datasets/index.js';
import { openOnnxSession } from '../src/graph/onnx-session.js';
import { openSession } from '../src/graph/session.js';
import { createRuntimes, type LoadedModel } from '../src/inference/runtimes.js';
import { openModelStore } from '../src/store/index.js';
import { writeServingModels } from '../src/training/result/serving-graph.js';
import { describePreprocessing } from '../src/training/step/preprocessing.js';
import { openProgram } from '../src/training/step/program.js';
import { testImages } from './support/images.js';
import { load } from './support/load.js';
import { printTable, verdict } from './support/report.js';
import { startTrainyard } from './support/service.js';
import { quantile } from './support/statistics.js';

const SECONDS = 6;
const WARM_UP_SECONDS = 2;
const SESSION_SECONDS = 2;
/** Time that a single request may take beyond the direct call. */
const OVERHEAD_MS = { atMost: 2 } as const;
const MODELS = [
  { network: 'resnet', resize: 96 },
  { network: 'resnet', resize: 28 },
  { network: 'densenet', resize: 96 },
] as const;
/** TensorFlow answers for a model that has no file for ONNX Runtime. */
const RUNTIMES = ['onnxruntime', 'tensorflow'] as const;
const LOADS = [
  { images: 1, clients: 1 },
  { images: 1, clients: 16 },
  { images: 64, clients: 1 },
  { images: 64, clients: 16 },
] as const;
const info = datasets['fashion-mnist'];
const PIXELS = info.height * info.width;
type Model = (typeof MODELS)[number] & Readonly<{ runtime: (typeof RUNTIMES)[number] }>;
const nameOf = ({ network, resize, runtime }: Model) => `${network}-${resize}-${runtime}`;

const dataDir = await mkdtemp(join(tmpdir(), 'trainyard-bench-'));
try {
  const { pixels, pngs } = await testImages();
  const store = await openModelStore(join(dataDir, 'models'));
  const runtimes = createRuntimes({ openSession, openOnnxSession });
  const chosen = MODELS.flatMap((model) => RUNTIMES.map((runtime) => ({ ...model, runtime })));
  const bare = [];
  for (const model of chosen) {
    const path = await saveModel(store, model);
    bare.push(await measureSession(await runtimes[model.runtime](path), pixels));
  }
  const bodies = { 1: pngs, 64: jsonBodies(pngs) };
  const service = await startTrainyard(dataDir);
  const rows: string[][] = [];
  try {
    for (const [index, model] of chosen.entries()) {
      for (const { images, clients } of LOADS) {
        const result = await load({
          url: `${service.address}/predict?model=${nameOf(model)}`,
          method: 'POST',
          contentType: images === 1 ? 'image/png' : 'application/json',
          bodies: bodies[images],
          clients,
          warmUpSeconds: WARM_UP_SECONDS,
          seconds: SECONDS,
        });
        const { latenciesMs, seconds } = result;
        const p50 = quantile(latenciesMs, 0.5);
        const session = bare[index]?.[images] ?? Number.NaN;
        const isSingle = images === 1 && clients === 1;
        rows.push([
          `${model.network} @${model.resize}`,
          model.runtime,
          String(images),
          String(clients),
          ((latenciesMs.length * images) / seconds).toFixed(0),
          p50.toFixed(1),
          quantile(latenciesMs, 0.99).toFixed(1),
          session.toFixed(1),
          ...(isSingle ? [(p50 - session).toFixed(1), ...verdict(p50 - session, OVERHEAD_MS)] : ['', '', '']),
        ]);
      }
    }
  } finally {
    await service.close();
  }
  console.log(
    '\nPOST /predict over HTTP, float32. One image is a PNG body, 64 images are base64 PNGs in JSON. Latencies per request in ms.',
  );
  console.log(
    'session: median of a direct call of the runtime with as many images, in an idle process. HTTP: p50 minus session.\n',
  );
  printTable(
    ['model', 'runtime', 'images', 'clients', 'images/s', 'p50', 'p99', 'session', 'HTTP', 'target', ''],
    rows,
  );
} finally {
  await rm(dataDir, { recursive: true });
}

/** Saves a model with random weights, since speed does not depend on them. Returns the path of its graph. */
async function saveModel(store: Awaited<ReturnType<typeof openModelStore>>, model: Model): Promise<string> {
  const { network, resize, runtime } = model;
  const name = nameOf(model);
  const spec = resolveJob({ network, name, dataset: { resize } });
  const program = openProgram(spec, info, info.classes.length);
  const { savedModel, onnx } = writeServingModels(spec, info, info.classes.length, program.weights());
  const { parameters } = program;
  program.close();
  const reference = await store.save(
    {
      jobId: name,
      createdAt: new Date().toISOString(),
      spec,
      parameters,
      preprocessing: describePreprocessing(info, resize),
      classes: [...info.classes],
      scores: { epoch: 1, trainLoss: 0, trainAccuracy: 0, testLoss: 0, testAccuracy: 0 },
    },
    { weights: Buffer.of(), savedModel, ...(runtime === 'onnxruntime' && { onnx }) },
  );
  const { manifest, folder } = await store.get(reference);
  return join(folder, (manifest.files.onnx ?? manifest.files.savedModel).path);
}

/** Returns the median milliseconds of one call with 1 and with 64 images. */
async function measureSession(model: LoadedModel, images: Uint8Array): Promise<{ 1: number; 64: number }> {
  const median = async (count: number): Promise<number> => {
    const shape = [count, info.height, info.width, info.channels];
    const call = () => model.predict({ shape, values: images.slice(0, count * PIXELS) });
    await call(); // TensorFlow prepares its kernels for the shape
    const times: number[] = [];
    const end = performance.now() + SESSION_SECONDS * 1000;
    while (performance.now() < end) {
      const began = performance.now();
      await call();
      times.push(performance.now() - began);
    }
    return quantile(times, 0.5);
  };
  const result = { 1: await median(1), 64: await median(64) };
  await model.close();
  return result;
}

function jsonBodies(pngs: readonly Buffer[]): Buffer[] {
  return [0, 64, 128, 192].map((first) =>
    Buffer.from(JSON.stringify({ images: pngs.slice(first, first + 64).map((png) => png.toString('base64')) })),
  );
}
