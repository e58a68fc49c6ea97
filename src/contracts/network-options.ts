/** The architectures that can be trained, and the options of each. */
import { type Static, type TObject, Type } from 'typebox';

const strict = { additionalProperties: false } as const;

/** Residuals of each stage, by variant. */
const RESNETS = {
  tutorial: [2, 2, 2, 2],
  resnet18: [2, 2, 2, 2],
  resnet34: [3, 4, 6, 3],
  resnet50: [3, 4, 6, 3],
  resnet101: [3, 4, 23, 3],
  resnet152: [3, 8, 36, 3],
} as const;

/** Channels of the stem, channels that each layer adds, and layers of each dense block, by variant. */
const DENSENETS = {
  tutorial: { width: 64, growth: 32, blocks: [4, 4, 4, 4] },
  densenet121: { width: 64, growth: 32, blocks: [6, 12, 24, 16] },
  densenet161: { width: 96, growth: 48, blocks: [6, 12, 36, 24] },
  densenet169: { width: 64, growth: 32, blocks: [6, 12, 32, 32] },
  densenet201: { width: 64, growth: 32, blocks: [6, 12, 48, 32] },
} as const;

/** A union of the names, in their order. */
const oneOf = <Name extends string>(table: Readonly<Record<Name, unknown>>, description: string) =>
  Type.Unsafe<Name>(
    Type.Union(
      (Object.keys(table) as Name[]).map((name) => Type.Literal(name)),
      { description },
    ),
  );
const width = (description: string) => Type.Integer({ minimum: 8, maximum: 256, description });
const blocks = (maximum: number, description: string) =>
  Type.Array(Type.Integer({ minimum: 1, maximum }), { minItems: 1, maxItems: 6, description });
const dropRate = (place: string) =>
  Type.Number({
    minimum: 0,
    exclusiveMaximum: 1,
    description: `Share of the numbers ${place} that dropout sets to 0 in training, from 0 to below 1. Default 0: no dropout.`,
  });

/** How either network begins. */
const stemFields = {
  stem: Type.Union([Type.Literal('classic'), Type.Literal('small')], {
    description:
      '`classic`: a 7×7 convolution and a 3×3 max pool, each at stride 2. `small`: one convolution at stride 1 and no pool, for images of 28 to 64 pixels. Default `classic`.',
  }),
  stemKernel: Type.Union([Type.Literal(3), Type.Literal(5), Type.Literal(7)], {
    description:
      'Side in pixels of the first convolution: 7 with the classic stem, 3 or 5 with the small one. Default 7 and 3.',
  }),
};

export const ResnetOptions = Type.Object(
  {
    variant: oneOf(
      RESNETS,
      '`tutorial`: residuals of two 3×3 convolutions with biases, and a 1×1 shortcut without BatchNorm. The others are torchvision’s: convolutions without biases, BatchNorm on the shortcut, and from `resnet50` on bottlenecks of 1×1, 3×3 and 1×1. Default `tutorial`.',
    ),
    ...stemFields,
    width: width('Channels of the first stage, 8 to 256; each further stage has twice as many. Default 64.'),
    blocks: blocks(50, 'Residuals of each stage: 1 to 6 stages of 1 to 50. Default the variant’s, as [2, 2, 2, 2].'),
    zeroInitResidual: Type.Boolean({
      description:
        'Start the last BatchNorm of each residual with weight 0, so that each begins as its shortcut (Goyal et al. 2017, arXiv:1706.02677). Default false.',
    }),
    dropRate: dropRate('before the last layer'),
  },
  strict,
);
export type ResnetOptions = Static<typeof ResnetOptions>;

export const DensenetOptions = Type.Object(
  {
    variant: oneOf(
      DENSENETS,
      '`tutorial`: layers of BatchNorm, ReLU and a 3×3 convolution with a bias. The others are torchvision’s: a 1×1 convolution to four times the growth comes before the 3×3, and there are no biases. Default `tutorial`.',
    ),
    ...stemFields,
    width: width('Channels of the stem, 8 to 256. Default the variant’s: 64, and 96 of `densenet161`.'),
    growth: Type.Integer({
      minimum: 4,
      maximum: 128,
      description: 'Channels that each layer adds, 4 to 128. Default the variant’s: 32, and 48 of `densenet161`.',
    }),
    blocks: blocks(64, 'Layers of each dense block: 1 to 6 blocks of 1 to 64. Default the variant’s, as [4, 4, 4, 4].'),
    dropRate: dropRate('after the last convolution of each layer'),
  },
  strict,
);
export type DensenetOptions = Static<typeof DensenetOptions>;

/** The networks with their options, resolved: a network of the table in `src/networks/` has its line here. */
export const networkOptions = { resnet: ResnetOptions, densenet: DensenetOptions };
export type OptionsOf = { [Name in keyof typeof networkOptions]: Static<(typeof networkOptions)[Name]> };

export const NetworkName = oneOf(networkOptions, 'The architecture to train.');
export type NetworkName = Static<typeof NetworkName>;
export const NETWORK_NAMES = Object.keys(networkOptions) as NetworkName[];

/** Every option that some network has. */
export const OPTION_NAMES: ReadonlySet<string> = new Set(
  Object.values(networkOptions).flatMap(({ properties }) => Object.keys(properties)),
);

/** The ready sets of options of a network: the values of `variant`, the default first. */
export function variantsOf(network: NetworkName): string[] {
  const { variant } = networkOptions[network].properties;
  return 'anyOf' in variant ? (variant.anyOf as { const: string }[]).map((literal) => literal.const) : [];
}

/** The options of each network as a request gives them: none is required. */
export const requestedOptions = Object.fromEntries(
  NETWORK_NAMES.map((network) => {
    const description = `Options of ${network}. Default: the tutorial’s network.`;
    const schema: TObject = Type.Partial(networkOptions[network] as TObject, { ...strict, description });
    return [network, schema];
  }),
) as Record<NetworkName, TObject>;

/** Resolved options of some network. */
export type NetworkOptions = OptionsOf[NetworkName];
export const NetworkOptions = Type.Unsafe<NetworkOptions>(
  Type.Union(Object.values(networkOptions), { description: 'Options of the network, with every default filled in.' }),
);

/** A network with its options. */
export type Architecture = Readonly<{ network: NetworkName; networkOptions: NetworkOptions }>;

const resolvers: { [Name in NetworkName]: (request?: Partial<OptionsOf[Name]>) => OptionsOf[Name] } = {
  resnet({ variant = 'tutorial', stem = 'classic', ...request } = {}) {
    const stemKernel = stem === 'classic' ? 7 : 3;
    const blocks: number[] = [...RESNETS[variant]];
    return { variant, stem, stemKernel, width: 64, blocks, zeroInitResidual: false, dropRate: 0, ...request };
  },
  densenet({ variant = 'tutorial', stem = 'classic', ...request } = {}) {
    const { width, growth, blocks } = DENSENETS[variant];
    const stemKernel = stem === 'classic' ? 7 : 3;
    return { variant, stem, stemKernel, width, growth, blocks: [...blocks], dropRate: 0, ...request };
  },
};

/** Fills in every default: the tutorial's network where nothing is said, a variant's own where only it is named. */
export const resolveNetworkOptions = <Name extends NetworkName>(
  network: Name,
  request?: Partial<OptionsOf[Name]>,
): OptionsOf[Name] => resolvers[network](request);

/** What the options of a network must hold to beyond their schema, as fields: `pointer` begins at the options. */
export function checkNetworkOptions({ stem, stemKernel }: NetworkOptions): { pointer: string; message: string }[] {
  if ((stem === 'classic') === (stemKernel === 7)) return [];
  const allowed = stem === 'classic' ? '7 with the classic stem' : '3 or 5 with the small stem';
  return [{ pointer: '/stemKernel', message: `must be ${allowed}, not ${stemKernel}` }];
}
