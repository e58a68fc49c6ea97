/**
 * Writer of TensorFlow.js graph models: the GraphDef as JSON, and the numbers of its constants in a second file (tfjs-converter's
 * formats.ts, tfjs-core's io/types.ts). It only writes serving graphs in float32.
 */
import {
  type Attribute,
  type DType,
  isDType,
  type Node,
  neededBy,
  reference,
  type Shape,
  type Tensor,
} from './graph.js';
import type { Signature } from './saved-model.js';

/** Name of the file of constants, in the folder of `model.json`. */
export const TFJS_WEIGHTS_FILE = 'group1-shard1of1.bin';

/** The text of `model.json`, and the file of constants in parts, to be written one after the other. */
export type TfjsModel = Readonly<{ json: string; weights: readonly Uint8Array[] }>;

/** Writes the graph of a signature. `metadata` becomes part of `userDefinedMetadata`. */
export function writeTfjs(signature: Signature, metadata: Readonly<Record<string, string>> = {}): TfjsModel {
  const { inputs, outputs } = signature;
  const nodes = neededBy([...Object.values(inputs), ...Object.values(outputs)]);
  const constants = nodes.flatMap(({ name, attributes: { value } }) =>
    typeof value === 'object' && 'tensor' in value ? [{ name, ...value.tensor }] : [],
  );
  const model = {
    format: 'graph-model',
    generatedBy: 'trainyard',
    // TensorFlow.js returns an object with these names from `predict`.
    userDefinedMetadata: { structuredOutputKeys: Object.keys(outputs), ...metadata },
    modelTopology: { node: nodes.map(describeNode), library: {}, versions: {} },
    signature: { inputs: describeTensors(inputs), outputs: describeTensors(outputs) },
    weightsManifest: [
      { paths: [TFJS_WEIGHTS_FILE], weights: constants.map(({ name, shape, dtype }) => ({ name, shape, dtype })) },
    ],
  };
  return { json: JSON.stringify(model), weights: constants.map(({ bytes }) => bytes) };
}

/** Returns a NodeDef in protobuf's JSON, without the numbers of a constant. */
function describeNode({ name, op, inputs, attributes }: Node): object {
  const attr = Object.entries(attributes)
    .filter(([, value]) => typeof value !== 'object' || !('tensor' in value))
    .map(([key, value]) => [key, describeAttribute(value)] as const);
  return { name, op, input: inputs.map(reference), attr: Object.fromEntries(attr) };
}

function describeAttribute(attribute: Attribute): object {
  if (typeof attribute === 'number') return { i: String(attribute) };
  if (typeof attribute === 'boolean') return { b: attribute };
  if (typeof attribute === 'string') {
    return isDType(attribute) ? { type: typeName(attribute) } : { s: Buffer.from(attribute).toString('base64') };
  }
  if ('float' in attribute) return { f: attribute.float };
  if ('shape' in attribute) return { shape: describeShape(attribute.shape) };
  if ('tensor' in attribute) return {};
  return { list: { i: attribute.map(String) } };
}

const describeTensors = (tensors: Readonly<Record<string, Tensor>>): object =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, { node, index, dtype, shape }]) => [
      name,
      { name: `${node.name}:${index}`, dtype: typeName(dtype), tensorShape: describeShape(shape) },
    ]),
  );

const describeShape = (shape: Shape): object => ({ dim: shape.map((size) => ({ size: String(size) })) });

/** Returns the name of a dtype in types.proto. */
const typeName = (dtype: DType): string => (dtype === 'float32' ? 'DT_FLOAT' : `DT_${dtype.toUpperCase()}`);
