/** Options that several networks have, and what a network's part of the contract consists of. */
import { type TObject, Type } from 'typebox';
import { IntegerEnum, StringEnum } from '../json-schema/enums.js';

export const strict = { additionalProperties: false } as const;

/** What is wrong with a field: `pointer` begins at the options. */
export type OptionFault = Readonly<{ pointer: string; message: string }>;

/** What a job may say of a network. */
export type NetworkContract<Options> = Readonly<{
  /** The options, resolved: each with its range and default. */
  schema: TObject;
  /** Fills in every default. */
  resolve(request?: Partial<Options>): Options;
  /** What the options must hold to beyond their schema. */
  check?(options: Options): OptionFault[];
}>;

/** Returns the schema of a name in the table. */
export const oneOf = <Name extends string>(table: Readonly<Record<Name, unknown>>, description: string) =>
  StringEnum(Object.keys(table) as Name[], { description });

export const width = (description: string) => Type.Integer({ minimum: 8, maximum: 256, description });

export const blocks = (maximum: number, description: string) =>
  Type.Array(Type.Integer({ minimum: 1, maximum }), { minItems: 1, maxItems: 6, description });

/** A fault if there are more blocks in all than the largest network of its kind has. */
export function checkBlocks(blocks: readonly number[], most: number, what: string): OptionFault[] {
  const count = blocks.reduce((sum, each) => sum + each, 0);
  if (count <= most) return [];
  return [{ pointer: '/blocks', message: `must be at most ${most} ${what} in all, not ${count}` }];
}

export const dropRate = (place: string) =>
  Type.Number({
    minimum: 0,
    exclusiveMaximum: 1,
    description: `Share of the numbers ${place} that dropout sets to 0 in training, from 0 to below 1. Default 0: no dropout.`,
  });

/** How a ResNet and a DenseNet begin. */
export const stemFields = {
  stem: StringEnum(['classic', 'small'], {
    description:
      '`classic`: a 7×7 convolution and a 3×3 max pool, each at stride 2. `small`: one convolution at stride 1 and no pool, for images of 28 to 64 pixels. Default `classic`.',
  }),
  stemKernel: IntegerEnum([3, 5, 7], {
    description:
      'Side in pixels of the first convolution: 7 with the classic stem, 3 or 5 with the small one. Default 7 and 3.',
  }),
};
type Stem = Readonly<{ stem: 'classic' | 'small'; stemKernel: 3 | 5 | 7 }>;

/** The kernel of a stem where nothing is said. */
export const stemKernelOf = (stem: Stem['stem']) => (stem === 'classic' ? 7 : 3);

/** A kernel that is the stem's. */
export function checkStem({ stem, stemKernel }: Stem): OptionFault[] {
  if ((stem === 'classic') === (stemKernel === 7)) return [];
  const allowed = stem === 'classic' ? '7 with the classic stem' : '3 or 5 with the small stem';
  return [{ pointer: '/stemKernel', message: `must be ${allowed}, not ${stemKernel}` }];
}
