/** Options that several networks share, and the interface of a network's contract. */
import { type TObject, Type } from 'typebox';
import { IntegerEnum, StringEnum } from '../json-schema/enums.js';

export const strict = { additionalProperties: false } as const;

/** A fault in a network option. `pointer` is a JSON Pointer from `networkOptions`. */
export type OptionFault = Readonly<{ pointer: string; message: string }>;

/** Options of one network: their schema, defaults and checks. */
export type NetworkContract<Options> = Readonly<{
  /** Schema of the resolved options. */
  schema: TObject;
  /** Defaults that do not depend on other options. */
  defaults: Partial<Options>;
  /** Fills in every default. */
  resolve(request?: Partial<Options>): Options;
  /** Checks rules that the schema cannot express. */
  check?(options: Options): OptionFault[];
}>;

/** Returns the schema of `variant`: one of the names in the table. */
export const variantField = <Name extends string>(table: Readonly<Record<Name, unknown>>, description: string) =>
  StringEnum(Object.keys(table) as Name[], {
    title: 'Variant',
    description,
    examples: [Object.keys(table).at(-1)],
  });

export const width = (description: string) =>
  Type.Integer({ title: 'Width', minimum: 8, maximum: 256, description, 'x-unit': 'channels', examples: [32] });

export const blocks = (maximum: number, description: string, example: readonly number[]) =>
  Type.Array(Type.Integer({ minimum: 1, maximum }), {
    title: 'Blocks',
    minItems: 1,
    maxItems: 6,
    description,
    examples: [[...example]],
  });

/** Returns a fault if the network has more than `maximum` blocks in total. `what` names the blocks. */
export function checkBlocks(blocks: readonly number[], maximum: number, what: string): OptionFault[] {
  const count = blocks.reduce((sum, each) => sum + each, 0);
  if (count <= maximum) return [];
  return [{ pointer: '/blocks', message: `must have at most ${maximum} ${what} in total, not ${count}` }];
}

export const dropRate = (place: string) =>
  Type.Number({
    title: 'Dropout',
    minimum: 0,
    exclusiveMaximum: 1,
    description: `Share of the values ${place} that dropout sets to 0 in training. 0: no dropout.`,
    'x-unit': 'share',
    examples: [0.2],
  });

/** First layers of a network. */
export const stemFields = {
  stem: StringEnum(['classic', 'small'], {
    title: 'Stem',
    description:
      '`classic`: a 7×7 convolution and a 3×3 max pool, both with stride 2. `small`: one convolution with stride 1 and no pool, for images of 28 to 64 pixels.',
    examples: ['small'],
  }),
  stemKernel: IntegerEnum([3, 5, 7], {
    title: 'Stem kernel',
    description:
      'Side of the first convolution. Must be 7 with the classic stem (its default), and 3 (default) or 5 with the small stem.',
    'x-unit': 'pixels',
    examples: [3],
  }),
};
export const STEM_DEFAULTS = { stem: 'classic' } as const;
type Stem = Readonly<{ stem: 'classic' | 'small'; stemKernel: 3 | 5 | 7 }>;

/** Returns the default kernel of a stem. */
export const stemKernelOf = (stem: Stem['stem']) => (stem === 'classic' ? 7 : 3);

/** Returns a fault if the kernel does not fit the stem. */
export function checkStem({ stem, stemKernel }: Stem): OptionFault[] {
  if ((stem === 'classic') === (stemKernel === 7)) return [];
  const allowed = stem === 'classic' ? '7 with the classic stem' : '3 or 5 with the small stem';
  return [{ pointer: '/stemKernel', message: `must be ${allowed}, not ${stemKernel}` }];
}
