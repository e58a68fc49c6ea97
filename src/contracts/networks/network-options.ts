/** Architectures that can be trained, and the options of each. */
import { type Static, type TObject, type TSchema, Type } from 'typebox';
import { optionalProperties } from '../json-schema/defaults.js';
import { StringEnum } from '../json-schema/enums.js';
import { densenetContract } from './densenet-options.js';
import { type NetworkContract, type OptionFault, strict } from './option-fields.js';
import { resnetContract } from './resnet-options.js';

/** Contract of each network of `src/networks/`. */
const CONTRACTS = {
  resnet: resnetContract,
  densenet: densenetContract,
};

/** Resolved options of each network. */
export type OptionsOf = { [Name in keyof typeof CONTRACTS]: Static<(typeof CONTRACTS)[Name]['schema']> };
const contracts: { readonly [Name in keyof OptionsOf]: NetworkContract<OptionsOf[Name]> } = CONTRACTS;

export const NETWORK_NAMES = Object.keys(CONTRACTS) as (keyof OptionsOf)[];
export const NetworkName = StringEnum(NETWORK_NAMES, { title: 'Network', description: 'Architecture to train.' });
export type NetworkName = Static<typeof NetworkName>;

/** Returns the schema of a network's resolved options. */
export const optionsSchemaOf = (network: NetworkName): TObject => contracts[network].schema;
const schemas = NETWORK_NAMES.map(optionsSchemaOf);

/** Names of the options of all networks. */
export const OPTION_NAMES: ReadonlySet<string> = new Set(schemas.flatMap(({ properties }) => Object.keys(properties)));

/** Returns the names of a network's variants, the default first. A network may have none. */
export function variantsOf(network: NetworkName): string[] {
  const variant: TSchema | undefined = contracts[network].schema.properties['variant'];
  return variant !== undefined && 'enum' in variant ? [...(variant.enum as string[])] : [];
}

/** Options of each network in a request: all of them optional. */
export const requestedOptions = Object.fromEntries(
  NETWORK_NAMES.map((network) => {
    const { schema, defaults } = contracts[network];
    const options: TObject = Type.Object(optionalProperties('Request', schema.properties, defaults), {
      ...strict,
      title: 'Network options',
      description: `Options of ${network}. Default: the tutorial’s network.`,
    });
    return [network, options];
  }),
) as Record<NetworkName, TObject>;

/** Resolved options of a network. */
export type NetworkOptions = OptionsOf[NetworkName];
export const NetworkOptions = Type.Unsafe<NetworkOptions>(
  Type.Union(schemas, { description: 'Options of the network, with every default filled in.' }),
);

/** A network with its options. */
export type Architecture = Readonly<{ network: NetworkName; networkOptions: NetworkOptions }>;

/** Fills in every default. Without options, the result is the tutorial's network. */
export const resolveNetworkOptions = <Name extends NetworkName>(
  network: Name,
  request?: Partial<OptionsOf[Name]>,
): OptionsOf[Name] => contracts[network].resolve(request);

/** Checks rules about the options that their schema cannot express. */
export const checkNetworkOptions = ({ network, networkOptions }: Architecture): OptionFault[] =>
  (contracts[network] as NetworkContract<NetworkOptions>).check?.(networkOptions) ?? [];
