/**
 * Writer of ONNX models, with the field numbers of onnx.proto. It only writes serving graphs: without variables, in float32, with
 * named outputs. Opset 18 (ONNX 1.13, December 2022) is the first in which Resize has axes.
 */
import jspb, { type BinaryWriter } from 'google-protobuf';
import { TrainyardError } from '../errors/errors.js';
import { type Constant, type DType, reference, type Tensor } from './graph.js';
import { type OnnxAttribute, type OnnxBuilder, operations } from './onnx-operations.js';
import { message } from './protobuf.js';
import type { Signature } from './saved-model.js';

const OPSET = 18;
const IR_VERSION = 8;

/** TensorProto.DataType. */
const TYPES: Readonly<Partial<Record<DType, number>>> = { float32: 1, uint8: 2, int32: 6, int64: 7 };

/** AttributeProto.AttributeType. */
const ATTRIBUTES = { float: 1, int: 2, string: 3, ints: 7 } as const;

type WrittenNode = Readonly<{
  type: string;
  inputs: readonly string[];
  output: string;
  attributes: Readonly<Record<string, OnnxAttribute>>;
}>;

/**
 * Returns the bytes of a model that computes the graph of `signature` for batches of any size. Inputs have the names of their
 * placeholders, outputs those of the signature. Images are N×H×W×C outside and N×C×H×W inside. `properties` become
 * `metadata_props`. Throws `internal` for an operation without a translation.
 */
export function writeOnnx(
  { inputs, outputs }: Signature,
  properties: Readonly<Record<string, string>> = {},
): Uint8Array {
  const nodes: WrittenNode[] = [];
  const constants = new Map<string, Constant>();
  const values = new Map<string, string>();
  const builder: OnnxBuilder = {
    value(x) {
      const known = values.get(reference(x));
      if (known !== undefined) return known;
      const name = translate(x, builder);
      values.set(reference(x), name);
      return name;
    },
    node(type, from, output, attributes = {}) {
      nodes.push({ type, inputs: from, output, attributes });
      return output;
    },
    initializer(name, shape, { buffer, byteOffset, byteLength, BYTES_PER_ELEMENT }) {
      const dtype = BYTES_PER_ELEMENT === 8 ? 'int64' : 'float32';
      constants.set(name, { dtype, shape, bytes: new Uint8Array(buffer, byteOffset, byteLength) });
      return name;
    },
  };
  for (const [name, output] of Object.entries(outputs)) {
    const value = builder.value(output);
    if (value !== name) builder.node('Identity', [value], name);
  }
  const writer = new jspb.BinaryWriter();
  writer.writeInt64(1, IR_VERSION);
  writer.writeString(2, 'trainyard');
  message(writer, 7, (graph) => {
    for (const node of nodes) message(graph, 1, (value) => writeNode(value, node));
    graph.writeString(2, 'serving_default');
    for (const [name, constant] of constants) message(graph, 5, (value) => writeConstant(value, name, constant));
    for (const x of Object.values(inputs)) message(graph, 11, (value) => writeValue(value, x.node.name, x));
    for (const [name, x] of Object.entries(outputs)) message(graph, 12, (value) => writeValue(value, name, x));
  });
  message(writer, 8, (opset) => {
    opset.writeString(1, '');
    opset.writeInt64(2, OPSET);
  });
  for (const [key, text] of Object.entries(properties)) {
    message(writer, 14, (property) => {
      property.writeString(1, key);
      property.writeString(2, text);
    });
  }
  return writer.getResultBuffer();
}

/** Writes a node after its inputs, and returns the name of its value. */
function translate(x: Tensor, builder: OnnxBuilder): string {
  const write = operations[x.node.op];
  if (write !== undefined && x.index === 0) return write(x, builder);
  throw new TrainyardError('internal', `Output ${x.index} of "${x.node.op}" has no translation to ONNX here.`);
}

function writeNode(writer: BinaryWriter, { type, inputs, output, attributes }: WrittenNode): void {
  for (const input of inputs) writer.writeString(1, input);
  writer.writeString(2, output);
  writer.writeString(3, output);
  writer.writeString(4, type);
  for (const [name, attribute] of Object.entries(attributes)) {
    message(writer, 5, (value) => writeAttribute(value, name, attribute));
  }
}

function writeAttribute(writer: BinaryWriter, name: string, attribute: OnnxAttribute): void {
  writer.writeString(1, name);
  if (typeof attribute === 'number') {
    writer.writeInt64(3, attribute);
    writer.writeEnum(20, ATTRIBUTES.int);
  } else if (typeof attribute === 'string') {
    writer.writeBytes(4, Buffer.from(attribute));
    writer.writeEnum(20, ATTRIBUTES.string);
  } else if ('float' in attribute) {
    writer.writeFloat(2, attribute.float);
    writer.writeEnum(20, ATTRIBUTES.float);
  } else {
    for (const value of attribute) writer.writeInt64(8, value);
    writer.writeEnum(20, ATTRIBUTES.ints);
  }
}

function writeConstant(writer: BinaryWriter, name: string, { dtype, shape, bytes }: Constant): void {
  for (const size of shape) writer.writeInt64(1, size);
  writer.writeInt32(2, typeOf(dtype));
  writer.writeString(8, name);
  writer.writeBytes(9, bytes);
}

function writeValue(writer: BinaryWriter, name: string, { dtype, shape }: Tensor): void {
  writer.writeString(1, name);
  message(writer, 2, (type) =>
    message(type, 1, (tensor) => {
      tensor.writeInt32(1, typeOf(dtype));
      message(tensor, 2, (sizes) => {
        for (const size of shape) {
          message(sizes, 1, (dimension) =>
            size < 0 ? dimension.writeString(2, 'batch') : dimension.writeInt64(1, size),
          );
        }
      });
    }),
  );
}

function typeOf(dtype: DType): number {
  const type = TYPES[dtype];
  if (type === undefined) throw new TrainyardError('internal', `ONNX models are not written with ${dtype} here.`);
  return type;
}
