/** Training options at submission: contradicting options are refused with a sentence, all others are resolved. */
import request from 'supertest';
import { describe, expect, test } from 'vitest';
import type { JobRequest } from '../../../src/contracts/jobs/job.js';
import { openRunningApi } from '../../support/running-api.js';

const { api } = await openRunningApi();

type Options = Omit<JobRequest, 'network'>;
const submit = (options: Options) =>
  request(api.server)
    .post('/jobs')
    .send({ network: 'resnet', ...options });

/** The fault, the options, the pointer, and a part of the message. */
const refused: [what: string, options: Options, pointer: string, sentence: RegExp][] = [
  [
    'a micro batch that does not divide the batch, with the divisors around it',
    { batchSize: 256, microBatchSize: 100 },
    '/microBatchSize',
    /divide batchSize, 256, as 64 or 128 does, not 100/,
  ],
  [
    'a micro batch larger than the batch',
    { batchSize: 16, microBatchSize: 32 },
    '/microBatchSize',
    /divide batchSize, 16, as 16 does, not 32/,
  ],
  [
    'one image at once where BatchNorm has one pixel of it',
    { networkOptions: { variant: 'resnet18' }, dataset: { resize: 28 }, batchSize: 16, microBatchSize: 1 },
    '/microBatchSize',
    /is 1, one image at once, and BatchNorm then has a single value .* resize of 28 to 1×1 pixels: take at least 2/,
  ],
  [
    'a last batch of one image there',
    { networkOptions: { variant: 'resnet18' }, dataset: { resize: 28, trainSamples: 101 }, batchSize: 50 },
    '/batchSize',
    /leaves one image over of 101, and BatchNorm then has a single value/,
  ],
  [
    'a last part of one image there',
    {
      networkOptions: { variant: 'resnet18' },
      dataset: { resize: 28, trainSamples: 125, validationSamples: 20 },
      ...{ batchSize: 50, microBatchSize: 2 },
    },
    '/microBatchSize',
    /leaves one image over of 105/,
  ],
  [
    'a warm-up longer than the run',
    { epochs: 2, schedule: { name: 'cosine', warmupEpochs: 2.5 } },
    '/schedule/warmupEpochs',
    /at most epochs, 2, not 2.5/,
  ],
  [
    'milestones that fall',
    { epochs: 20, schedule: { name: 'multi-step', epochs: [5, 12, 8] } },
    '/schedule/epochs/2',
    /greater than the one before it, 12, not 8/,
  ],
  [
    'a milestone at the end of the run',
    { epochs: 10, schedule: { name: 'multi-step', epochs: [5, 10] } },
    '/schedule/epochs/1',
    /less than epochs, 10, to take effect, not 10/,
  ],
  [
    'one-cycle in two steps',
    {
      epochs: 1,
      batchSize: 50,
      dataset: { trainSamples: 120, validationSamples: 20 },
      schedule: { name: 'one-cycle' },
    },
    '/schedule/name',
    /at least 3 steps for one-cycle, not 2/,
  ],
  [
    'all training images set aside',
    { dataset: { trainSamples: 500, validationSamples: 500 } },
    '/dataset/validationSamples',
    /less than trainSamples, 500, .*not 500/,
  ],
  ['a crop as large as the image', { augmentation: { crop: 28 } }, '/augmentation/crop', /28×28 pixels, not 28/],
  [
    'two random crops',
    { augmentation: { crop: 2, randomResizedCrop: {} } },
    '/augmentation/crop',
    /must be 0 with randomResizedCrop, which is a random crop too, not 2/,
  ],
  [
    'a descending range',
    { augmentation: { randomResizedCrop: { scale: [1, 0.5] } } },
    '/augmentation/randomResizedCrop/scale',
    /least and the largest value, in this order, not 1, 0.5/,
  ],
  [
    'two automatic augmentations',
    { augmentation: { trivialAugmentWide: true, randAugment: {} } },
    '/augmentation/randAugment',
    /must be null with trivialAugmentWide/,
  ],
  [
    'CutMix of one image at once',
    { batchSize: 8, microBatchSize: 1, augmentation: { cutmix: 1 } },
    '/augmentation/cutmix',
    /at least two images at once to mix/,
  ],
  [
    'weights of another number of classes',
    { classWeights: [1, 2, 3] },
    '/classWeights',
    /a number for each of the 10 classes of fashion-mnist, in their order, not 3\. Use "balanced"/,
  ],
  [
    'weights of 0 alone',
    { classWeights: new Array<number>(10).fill(0) },
    '/classWeights',
    /must have a weight above 0/,
  ],
  [
    'a smallest change of the macro-F1 that cannot happen',
    { dataset: { validationSamples: 100 }, earlyStopping: { metric: 'validationMacroF1', minDelta: 1 } },
    '/earlyStopping/minDelta',
    /less than 1 for validationMacroF1/,
  ],
  ['a cutout larger than the image', { augmentation: { cutout: 29 } }, '/augmentation/cutout', /28×28 pixels, not 29/],
  [
    'a mean of three channels for grey images',
    { normalization: { mean: [0.5, 0.5, 0.5], std: [0.25] } },
    '/normalization/mean',
    /one number, as the images of fashion-mnist need, not 3/,
  ],
  [
    'a deviation of two channels for grey images',
    { normalization: { mean: [0.5], std: [0.25, 0.25] } },
    '/normalization/std',
    /one number, as the images of fashion-mnist need, not 2/,
  ],
  [
    'Nesterov without momentum',
    { optimizer: { name: 'sgd', nesterov: true } },
    '/optimizer/nesterov',
    /needs a momentum greater than 0/,
  ],
  [
    'steps of the rate that the run does not come to',
    { epochs: 4, schedule: { name: 'step', every: 4 } },
    '/schedule/every',
    /less than epochs, 4, to take effect, not 4/,
  ],
  [
    'a decay of biases by nothing',
    { optimizer: { name: 'adam', decayNormAndBias: true } },
    '/optimizer/decayNormAndBias',
    /needs a weightDecay greater than 0/,
  ],
  [
    'an improvement of the accuracy by all of it',
    {
      dataset: { validationSamples: 100 },
      earlyStopping: { metric: 'validationAccuracy', minDelta: 1 },
    },
    '/earlyStopping/minDelta',
    /less than 1 for validationAccuracy, .* not 1/,
  ],
  [
    'mixup of one image at once',
    { batchSize: 8, microBatchSize: 1, augmentation: { mixup: 0.2 } },
    '/augmentation/mixup',
    /at least two images at once/,
  ],
  ['an EMA decay of 1.5', { emaDecay: 1.5 }, '/emaDecay', /less than 1, not 1.5/],
  ['a norm of 0', { gradientClipNorm: 0 }, '/gradientClipNorm', /at least 1e-30, not 0/],
  [
    'a decay that is 1 in float32',
    { optimizer: { name: 'adam', beta2: 0.99999999 } },
    '/optimizer/beta2',
    /at most 0.9999999, not 0.99999999/,
  ],
  [
    'a deviation that is 0 in float32',
    { normalization: { mean: [0.5], std: [1e-46] } },
    '/normalization/std/0',
    /at least 1e-30, not 1e-46/,
  ],
  [
    'an epsilon that is 0 in float32',
    { optimizer: { epsilon: 1e-46 } },
    '/optimizer/epsilon',
    /at least 1e-30, not 1e-46/,
  ],
];

describe('POST /jobs refuses', () => {
  test.each(refused)('%s', async (_, options, pointer, sentence) => {
    const { status, body } = await submit(options);
    expect(body).toMatchObject({ code: 'invalid_request' });
    expect(body.errors).toEqual([{ pointer, message: expect.stringMatching(sentence) }]);
    expect(status).toBe(400);
  });

  test.each([
    ['/emaDecay', { emaDecay: 'slow' }, /a number or null, not "slow"/],
    ['/normalization', { normalization: 'imagenet' }, /"none" or "dataset" or an object, not "imagenet"/],
    ['/normalization/std', { normalization: { mean: [0.5] } }, /is required/],
    ['/schedule', { schedule: 'linear' }, /an object or "constant" or .* not "linear"/],
    ['/schedule/name', { schedule: { name: 'linear' } }, /"cosine", "one-cycle", not "linear"/],
    ['/precision', { precision: 'float16' }, /"float32", "bfloat16", "auto", not "float16"/],
  ])('%s of a kind that it does not take', async (pointer, options, sentence) => {
    const { body } = await request(api.server)
      .post('/jobs')
      .send({ network: 'resnet', ...options })
      .expect(400);
    expect(body.errors).toEqual([{ pointer, message: expect.stringMatching(sentence) }]);
  });

  test('several bad combinations at once, each with its pointer', async () => {
    const options = {
      microBatchSize: 3,
      augmentation: { crop: 40 },
      dataset: { validationSamples: 59_999, trainSamples: 9 },
    };
    const { body } = await submit(options).expect(400);
    const pointers = body.errors.map(({ pointer }: { pointer: string }) => pointer);
    expect(pointers.toSorted()).toEqual(['/augmentation/crop', '/dataset/validationSamples', '/microBatchSize']);
  });
});

describe('POST /jobs accepts', () => {
  const taken: [what: string, options: Options][] = [
    ['mixup with smoothed labels', { augmentation: { mixup: 0.2 }, labelSmoothing: 0.1 }],
    ['a warm-up as long as the run', { epochs: 3, schedule: { name: 'constant', warmupEpochs: 3 } }],
    ['milestones that rise within the run', { epochs: 10, schedule: { name: 'multi-step', epochs: [5, 9] } }],
    [
      'one-cycle in three steps',
      { epochs: 1, batchSize: 50, dataset: { trainSamples: 101 }, schedule: { name: 'one-cycle' } },
    ],
    ['steps of the rate within the run', { epochs: 4, schedule: { name: 'step', every: 3 } }],
    [
      'a large improvement of a loss',
      { dataset: { validationSamples: 100 }, earlyStopping: { metric: 'validationLoss', minDelta: 1 } },
    ],
    ['a micro batch that divides the batch', { batchSize: 48, microBatchSize: 16 }],
    [
      'a last batch of one image of which BatchNorm has several pixels',
      { networkOptions: { variant: 'resnet18' }, dataset: { resize: 33, trainSamples: 101 }, batchSize: 50 },
    ],
    [
      'augmentation for photographs',
      {
        augmentation: {
          flip: true,
          randomResizedCrop: {},
          affine: { degrees: 10 },
          colorJitter: { hue: 0.1 },
          cutmix: 1,
        },
      },
    ],
    ['weights and draws of balanced classes', { classWeights: 'balanced', sampler: 'balanced' }],
    ['a crop and a cutout within the image', { augmentation: { crop: 27, cutout: 28 } }],
    ['numbers for the one channel there is', { normalization: { mean: [0.286], std: [0.353] } }],
  ];
  test.each(taken)('%s', async (_, options) => {
    const { body } = await submit(options).expect(202);
    expect(body.spec).toMatchObject(options);
  });

  test('a preset of augmentation, in place of its options', async () => {
    const { body } = await submit({ augmentation: 'photos' }).expect(202);
    expect(body.spec).toMatchObject({
      augmentation: { flip: true, trivialAugmentWide: true, erasing: 0.1, mixup: 0.2, cutmix: 1 },
      labelSmoothing: 0.1,
    });
    expect(body.request).toMatchObject({ augmentation: 'photos' });
  });

  test('a preset of augmentation with options over it, of which null turns one off', async () => {
    const augmentation = { name: 'photos', mixup: 0, erasing: 0.5, randomResizedCrop: null, crop: 4 } as const;
    const { body } = await submit({ augmentation }).expect(202);
    const rest = { flip: true, trivialAugmentWide: true, cutmix: 1, cutout: 0 };
    expect(body.spec.augmentation).toEqual({ ...rest, crop: 4, erasing: 0.5, mixup: 0 });
    expect(body.spec.labelSmoothing).toBe(0.1);
  });
});
