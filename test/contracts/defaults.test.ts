/** Defaults of a job request in openapi.yaml: each equals the value that the service fills in. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { createValidatorCompiler } from '../../src/api/http/validation.js';
import { type JobRequest, resolveJob } from '../../src/contracts/jobs/job.js';
import { DEFAULT_PRIORITY } from '../../src/contracts/jobs/live-change.js';
import { DEFAULT_WEBHOOK_EVENTS } from '../../src/contracts/jobs/webhook.js';
import { NETWORK_NAMES } from '../../src/contracts/networks/network-options.js';
import { JobSubmission } from '../../src/contracts/submission/job-from.js';

type Schema = Readonly<{
  $ref?: string;
  type?: string;
  const?: string;
  default?: unknown;
  properties?: Readonly<Record<string, Schema>>;
  items?: Schema;
  anyOf?: readonly Schema[];
  oneOf?: readonly Schema[];
}>;

const { schemas } = parse(await readFile(join(import.meta.dirname, '../../openapi.yaml'), 'utf8')).components as {
  schemas: Readonly<Record<string, Schema>>;
};

/** Follows a reference. The annotations beside it, such as a default, come first. */
const follow = ({ $ref, ...schema }: Schema): Schema =>
  $ref === undefined ? schema : { ...follow(schemas[$ref.split('/').pop() ?? ''] ?? {}), ...schema };

/** Yields each default with its path, and the tags of the unions that lead to it: `optimizer=sgd`. */
function* defaultsIn(
  schema: Schema,
  path: readonly string[] = [],
): Generator<[path: readonly string[], value: unknown]> {
  const { properties = {}, anyOf = [], oneOf = [], items } = follow(schema);
  for (const branch of [...anyOf, ...oneOf]) yield* defaultsIn(branch, [...path, ...tagOf(branch)]);
  if (items !== undefined) yield* defaultsIn(items, [...path, '0']);
  for (const [name, property] of Object.entries(properties)) {
    const inner = follow(property);
    if ('default' in inner) yield [[...path, name], inner.default];
    yield* defaultsIn(inner, [...path, name]);
  }
}

/** Returns the constant that tells a branch of a union apart, as part of a path. */
function tagOf(branch: Schema): string[] {
  const { network, name } = follow(branch).properties ?? {};
  const tag = network?.const ?? name?.const;
  return tag === undefined ? [] : [`=${tag}`];
}

/** Returns the request with the tags of a path and the objects around its field, and nothing else. */
function requestFor([network = '', ...path]: readonly string[]): JobRequest {
  const [part = '', tag, field] = path;
  const isNested = part === 'augmentation' && tag !== undefined && field !== undefined;
  const options = isNested
    ? { [tag]: {} }
    : tag?.startsWith('=')
      ? { name: tag.slice(1), ...(tag === '=multi-step' && { epochs: [1] }) }
      : {};
  return { network: network.slice(1), ...(path.length > 1 && { [part]: options }) } as unknown as JobRequest;
}

/** What the service adds to a job beside its spec. */
const BESIDE_SPEC = { priority: DEFAULT_PRIORITY, webhooks: [{ events: DEFAULT_WEBHOOK_EVENTS }] };

/** Fields that a spec leaves out if they have their default: specs of jobs that were queued before these fields existed lack them too. */
const LEFT_OUT = [
  ...['freeze', 'headRate', 'layerDecay', 'batchNorm', 'classWeights', 'sampler'],
  ...['verticalFlip', 'cutmix', 'randomResizedCrop', 'affine', 'colorJitter', 'trivialAugmentWide', 'randAugment'].map(
    (name) => `augmentation ${name}`,
  ),
];

/** Returns the name of a field within the request, without tags. */
const nameOf = (path: readonly string[]): string => path.slice(1).join(' ');

const defaults = [...defaultsIn(schemas['JobRequest'] ?? {})];

describe('the defaults of a job request', () => {
  it.each(
    defaults
      .filter(([path]) => !LEFT_OUT.includes(nameOf(path)))
      .map(([path, value]) => [path.join(' ').replaceAll(' =', '='), path, value] as const),
  )('states the value that is filled in for %s', (_, path, value) => {
    const names = path.filter((part) => !part.startsWith('='));
    const job: unknown = { ...resolveJob(requestFor(path)), ...BESIDE_SPEC };
    const filled = names.reduce((part, name) => (part as Record<string, unknown>)[name], job);
    expect(filled).toEqual(value);
  });

  it.each(LEFT_OUT)('of %s means the same as leaving it out', (name) => {
    const stated = defaults.flatMap(([path, value]) => (nameOf(path) === name ? [[path, value] as const] : []));
    expect(stated).toHaveLength(NETWORK_NAMES.length);
    for (const [path, value] of stated) {
      const [first = '', second] = path.slice(1);
      const named = { [first]: second === undefined ? value : { [second]: value } };
      const plain = requestFor(path.slice(0, 1));
      expect(resolveJob({ ...plain, ...named })).toEqual(resolveJob(plain));
    }
  });

  it('exist for every network, optimizer and schedule', () => {
    const paths = defaults.map(([path]) => path.join(' '));
    expect(paths.filter((path) => path.endsWith('learningRate'))).toHaveLength(3 * NETWORK_NAMES.length);
    expect(paths.filter((path) => path.includes('schedule'))).toHaveLength(11 * NETWORK_NAMES.length);
    expect(defaults.length).toBeGreaterThan(100);
  });

  it('are absent from requests with a starting point, except for the priority and webhooks', () => {
    const paths = [...defaultsIn(schemas['JobFromRequest'] ?? {})].map(([path]) => path.join(' '));
    expect(paths).toEqual(['priority', 'webhooks 0 events']);
  });

  it('are not added to a request by its validation', () => {
    const validate = createValidatorCompiler()({
      schema: JobSubmission,
      method: 'POST',
      url: '/jobs',
      httpPart: 'body',
    });
    const request = { network: 'resnet', networkOptions: {}, optimizer: {}, earlyStopping: {}, dataset: {} };
    expect(validate(structuredClone(request))).toEqual({ value: request });
  });
});
