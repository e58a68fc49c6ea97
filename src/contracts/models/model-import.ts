/** Import of weights: the part `spec` of `POST /models`, or its JSON body, with the network and its input. */
import { type Static, type TSchema, Type } from 'typebox';
import { ImportNormalization, ImportPreprocessing } from '../images/preprocessing-presets.js';
import { Resize } from '../jobs/job.js';
import { IntegerEnum } from '../json-schema/enums.js';
import { NETWORK_NAMES, type NetworkName, requestedOptions } from '../networks/network.js';
import { ModelName } from '../references/model-reference.js';

/** Name of the class list of ImageNet-1k in a request. */
export const IMAGENET = 'imagenet-1k';
const IMAGENET_CLASSES = 1_000;

/** Returns the number of classes of an import. */
export const countClasses = ({ classes }: Pick<ModelImport, 'classes'>): number =>
  classes === IMAGENET ? IMAGENET_CLASSES : classes.length;

/** File of weights that the service fetches: from an address, or from the folder of the setting IMPORT_DIR. */
export const WeightsSource = Type.Object(
  {
    url: Type.Optional(
      Type.String({
        maxLength: 2_048,
        description: 'Address of the file, `https://…`. Only public addresses, unless DOWNLOAD_NETWORKS allows others.',
        examples: ['https://download.pytorch.org/models/resnet18-f37072fd.pth'],
      }),
    ),
    path: Type.Optional(
      Type.String({ minLength: 1, maxLength: 1_024, description: 'Path below the folder of the setting IMPORT_DIR.' }),
    ),
    sha256: Type.Optional(
      Type.String({ pattern: '^[0-9a-f]{64}$', description: 'SHA-256 of the file. Required with `url`.' }),
    ),
  },
  {
    additionalProperties: false,
    description: 'Where the service finds the file, if the request does not have it: `url` or `path`.',
  },
);
export type WeightsSource = Static<typeof WeightsSource>;

const fields = {
  name: ModelName,
  origin: Type.Optional(
    Type.String({
      maxLength: 200,
      description:
        'Id of the pretrained model, such as `timm/resnet18.a1_in1k`, `microsoft/resnet-50` or `densenet121`. Weights of another architecture are refused.',
      examples: ['timm/resnet18.a1_in1k'],
    }),
  ),
  classes: Type.Union(
    [
      Type.Array(Type.String({ minLength: 1, maxLength: 100 }), { minItems: 2, maxItems: 10_000, uniqueItems: true }),
      Type.Literal(IMAGENET),
    ],
    { description: 'Class names, in the order of the outputs; or `imagenet-1k` for the 1,000 names of ImageNet-1k.' },
  ),
  image: Type.Object(
    {
      height: Type.Integer({ minimum: 1, maximum: 2_048 }),
      width: Type.Integer({ minimum: 1, maximum: 2_048 }),
      channels: IntegerEnum([1, 3]),
    },
    {
      additionalProperties: false,
      description:
        'Size of the images that predictions use, in pixels. `preprocessing` decides how other sizes get there.',
    },
  ),
  resize: Resize,
  preprocessing: Type.Optional(ImportPreprocessing),
  normalization: Type.Optional({
    ...ImportNormalization,
    description: 'The same as `preprocessing.normalization`; send one of the two.',
  }),
  weights: Type.Optional(WeightsSource),
};

/** Tag of an import whose network follows from the weights. */
export const AUTO = 'auto';

/** JSON in the part `spec`, or the JSON body. */
export const ModelImport: TSchema = Type.Union(
  [
    ...NETWORK_NAMES.map((name) =>
      Type.Object(
        { network: Type.Literal(name), networkOptions: Type.Optional(requestedOptions[name]), ...fields },
        { additionalProperties: false, title: `${name[0]?.toUpperCase()}${name.slice(1)}Import` },
      ),
    ),
    Type.Object(
      {
        network: Type.Optional(
          Type.Literal(AUTO, {
            description: 'The network and its options follow from the names and shapes of the weights.',
          }),
        ),
        ...fields,
      },
      { additionalProperties: false, title: 'AutoImport' },
    ),
  ],
  { description: 'Network of the imported weights, and its input.' },
);
const shape = Type.Object(fields);
export type ModelImport = Static<typeof shape> &
  Readonly<{ network?: NetworkName | typeof AUTO; networkOptions?: object }>;
