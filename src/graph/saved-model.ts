/**
 * Writer of SavedModels, TensorFlow's file format. The field numbers are those of its .proto files
 * (tensorflow/core/framework/{graph,node_def,attr_value,tensor,tensor_shape}.proto, core/protobuf/{meta_graph,saved_model}.proto).
 * It writes only the nodes that the roots need, so a graph may have unused nodes.
 */
import jspb, { type BinaryWriter } from 'google-protobuf';
import { type Attribute, DTYPES, isDType, type Node, neededBy, reference, type Shape, type Tensor } from './graph.js';
import { entry, message } from './protobuf.js';

/** Named inputs and outputs of a model: its signature `serving_default`. */
export type Signature = Readonly<{
  inputs: Readonly<Record<string, Tensor>>;
  outputs: Readonly<Record<string, Tensor>>;
}>;

/** Version of the GraphDef format, accepted by TensorFlow 2.21. Without a version TensorFlow assumes old semantics. */
const GRAPH_PRODUCER = 2000;

/** Returns the bytes of `saved_model.pb` (tag `serve`) with the nodes that `roots` and the signature need. */
export function writeSavedModel(roots: readonly Tensor[], signature?: Signature): Uint8Array {
  const outputs = signature ? [...Object.values(signature.inputs), ...Object.values(signature.outputs)] : [];
  const nodes = neededBy([...roots, ...outputs]);
  const writer = new jspb.BinaryWriter();
  writer.writeInt64(1, 1); // saved_model_schema_version
  message(writer, 2, (metaGraph) => {
    message(metaGraph, 1, (info) => info.writeString(4, 'serve'));
    message(metaGraph, 2, (graph) => writeGraph(graph, nodes));
    if (signature) entry(metaGraph, 5, 'serving_default', (value) => writeSignature(value, signature));
  });
  return writer.getResultBuffer();
}

function writeGraph(writer: BinaryWriter, nodes: readonly Node[]): void {
  for (const node of nodes) message(writer, 1, (value) => writeNode(value, node));
  message(writer, 4, (versions) => versions.writeInt32(1, GRAPH_PRODUCER));
}

function writeNode(writer: BinaryWriter, node: Node): void {
  writer.writeString(1, node.name);
  writer.writeString(2, node.op);
  for (const input of node.inputs) writer.writeString(3, reference(input));
  for (const control of node.controls) writer.writeString(3, `^${control.node.name}`);
  for (const [name, attribute] of Object.entries(node.attributes)) {
    entry(writer, 5, name, (value) => writeAttribute(value, attribute));
  }
}

function writeAttribute(writer: BinaryWriter, attribute: Attribute): void {
  if (typeof attribute === 'number') writer.writeInt64(3, attribute);
  else if (typeof attribute === 'boolean') writer.writeBool(5, attribute);
  else if (typeof attribute === 'string') {
    if (isDType(attribute)) writer.writeEnum(6, DTYPES[attribute]);
    else writer.writeBytes(2, Buffer.from(attribute));
  } else if ('float' in attribute) writer.writeFloat(4, attribute.float);
  else if ('shape' in attribute) message(writer, 7, (value) => writeShape(value, attribute.shape));
  else if ('tensor' in attribute) {
    const { dtype, shape, bytes } = attribute.tensor;
    message(writer, 8, (tensor) => {
      tensor.writeEnum(1, DTYPES[dtype]);
      message(tensor, 2, (value) => writeShape(value, shape));
      tensor.writeBytes(4, bytes);
    });
  } else message(writer, 1, (list) => list.writePackedInt64(3, [...attribute]));
}

function writeShape(writer: BinaryWriter, shape: Shape): void {
  for (const size of shape) message(writer, 2, (dimension) => dimension.writeInt64(1, size));
}

function writeSignature(writer: BinaryWriter, { inputs, outputs }: Signature): void {
  for (const [name, x] of Object.entries(inputs)) entry(writer, 1, name, (value) => writeTensorInfo(value, x));
  for (const [name, x] of Object.entries(outputs)) entry(writer, 2, name, (value) => writeTensorInfo(value, x));
  writer.writeString(3, 'tensorflow/serving/predict');
}

function writeTensorInfo(writer: BinaryWriter, x: Tensor): void {
  writer.writeString(1, `${x.node.name}:${x.index}`);
  writer.writeEnum(2, DTYPES[x.dtype]);
  message(writer, 3, (value) => writeShape(value, x.shape));
}
