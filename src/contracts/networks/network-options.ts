/** The architectures that can be trained, and the options of each. */
import { type Static, type TObject, type TSchema, Type } from 'typebox';
import { densenetContract } from './densenet.js';
import { type NetworkContract, type OptionFault, oneOf, strict } from './option-fields.js';
import { resnetContract } from './resnet.js';

/** The table: each network of `src/networks/` with what a job may say of it. */
const TABLE = {
  resnet: resnetContract,
  densenet: densenetContract,
};

/** The options of each network, resolved. */
export type OptionsOf = { [Name in keyof typeof TABLE]: Static<(typeof TABLE)[Name]['schema']> };
const contracts: { readonly [Name in keyof OptionsOf]: NetworkContract<OptionsOf[Name]> } = TABLE;

export const NetworkName = oneOf(TABLE, 'The architecture to train.');
export type NetworkName = Static<typeof NetworkName>;
export const NETWORK_NAMES = Object.keys(TABLE) as NetworkName[];

/** The options of a network as a JSON Schema. */
export const optionsSchemaOf = (network: NetworkName): TObject => contracts[network].schema;
const schemas = NETWORK_NAMES.map(optionsSchemaOf);

/** Every option that some network has. */
export const OPTION_NAMES: ReadonlySet<string> = new Set(schemas.flatMap(({ properties }) => Object.keys(properties)));

/** The ready sets of options of a network: the values of `variant`, the default first. A network need not have any. */
export function variantsOf(network: NetworkName): string[] {
  const variant: TSchema | undefined = contracts[network].schema.properties['variant'];
  return variant !== undefined && 'enum' in variant ? [...(variant.enum as string[])] : [];
}

/** The options of each network as a request gives them: none is required. */
export const requestedOptions = Object.fromEntries(
  NETWORK_NAMES.map((network) => {
    const description = `Options of ${network}. Default: the tutorial’s network.`;
    const schema: TObject = Type.Partial(contracts[network].schema, { ...strict, description });
    return [network, schema];
  }),
) as Record<NetworkName, TObject>;

/** Resolved options of some network. */
export type NetworkOptions = OptionsOf[NetworkName];
export const NetworkOptions = Type.Unsafe<NetworkOptions>(
  Type.Union(schemas, { description: 'Options of the network, with every default filled in.' }),
);

/** A network with its options. */
export type Architecture = Readonly<{ network: NetworkName; networkOptions: NetworkOptions }>;

/** Fills in every default: the tutorial's network where nothing is said, a variant's own where only it is named. */
export const resolveNetworkOptions = <Name extends NetworkName>(
  network: Name,
  request?: Partial<OptionsOf[Name]>,
): OptionsOf[Name] => contracts[network].resolve(request);

/** What the options of a network must hold to beyond their schema. */
export const checkNetworkOptions = ({ network, networkOptions }: Architecture): OptionFault[] =>
  (contracts[network] as NetworkContract<NetworkOptions>).check?.(networkOptions) ?? [];
