/** A TensorFlow graph under construction: nodes, symbolic tensors with static shapes, variables and the gradient tape. */
import { TrainyardError } from '../errors/errors.js';

/** DataType of tensorflow/core/framework/types.proto. */
export const DTYPES = {
  float32: 1,
  int32: 3,
  uint8: 4,
  string: 7,
  int64: 9,
  bool: 10,
  bfloat16: 14,
  resource: 20,
} as const;
export type DType = keyof typeof DTYPES;
export const isDType = (text: string): text is DType => Object.hasOwn(DTYPES, text);

/** Sizes per dimension; −1 in the first place is the batch, known only when the graph runs. */
export type Shape = readonly number[];

/** Bytes of a constant, little-endian and row-major. */
export type Constant = Readonly<{ dtype: DType; shape: Shape; bytes: Uint8Array }>;

/** An attribute of a node. A plain number is an int, a list of numbers a list of ints, a DType a type, other text bytes. */
export type Attribute =
  | DType
  | (string & {})
  | number
  | boolean
  | readonly number[]
  | Readonly<{ float: number }>
  | Readonly<{ shape: Shape }>
  | Readonly<{ tensor: Constant }>;

export type Node = Readonly<{
  name: string;
  op: string;
  inputs: readonly Tensor[];
  controls: readonly Tensor[];
  attributes: Readonly<Record<string, Attribute>>;
}>;

/** A symbolic value: output `index` of a node. Shape and dtype are known when it is made. */
export type Tensor = Readonly<{ graph: Graph; node: Node; index: number; shape: Shape; dtype: DType }>;

/**
 * What a variable is for: the optimizer changes parameters and keeps slots; statistics are BatchNorm's running values;
 * averages follow both; sums collect the gradients of one step, and mean nothing between two.
 */
export type Role = 'parameter' | 'statistic' | 'slot' | 'average' | 'sum';

/** A value that lives in the session between runs (or, in a serving graph, a constant). `value` reads it. */
export type Variable = Readonly<{
  name: string;
  shape: Shape;
  role: Role;
  handle: Tensor;
  value: Tensor;
  initial: Tensor;
}>;

/**
 * How layers with two behaviours act: `training` (BatchNorm by batch statistics), `evaluation` (by running ones), or
 * `serving` (weights are constants, BatchNorm folded into the convolution before it).
 */
export type Phase = 'training' | 'evaluation' | 'serving';

/** The node that gives a new variable of that name and shape its first value. */
export type Initializer = (graph: Graph, name: string, shape: Shape) => Tensor;

/** A row of the network's table: a layer at the top level with what it puts out. */
export type Layer = Readonly<{ name: string; output: Tensor; parameters: number }>;

type TapeEntry = Readonly<{ output: Tensor; inputs: readonly Tensor[]; backward: Backward }>;
/** From the gradient of the output to the gradients of the inputs, one each. */
export type Backward = (gradient: Tensor) => readonly Tensor[];

type OpOptions = Readonly<{ name?: string; dtype?: DType; controls?: readonly Tensor[]; index?: number }>;

/**
 * Options of a graph: the seed of its initial values, or the weights that a serving graph holds as constants; and the device that it
 * is built for, a CPU by default: it runs on the other too, more slowly.
 */
export type GraphOptions = Readonly<{
  seed?: number;
  weights?: ReadonlyMap<string, Float32Array>;
  device?: Device;
}>;
export type Device = 'cpu' | 'gpu';

export class Graph {
  readonly nodes = new Map<string, Node>();
  readonly variables = new Map<string, Variable>();
  /** Layers of the network, in the order they were first built. */
  readonly layers: Layer[] = [];
  /** Differentiable operations in the order of the forward pass. */
  readonly tape: TapeEntry[] = [];
  /** Assignments that belong to a training step besides the optimizer's: new running statistics. */
  readonly updates: Tensor[] = [];
  /** The running averages of variables: an evaluation reads them in their place. */
  readonly averages = new Map<Variable, Variable>();
  /** In a serving graph: how to build a convolution again with its outputs scaled and shifted per channel. */
  readonly foldable = new Map<Tensor, (scale: Float32Array, shift: Float32Array) => Tensor>();
  /** In training: convolutions with a bias, each with what it is without it. */
  readonly biased = new Map<Tensor, Readonly<{ product: Tensor; bias: Variable }>>();
  phase: Phase = 'training';
  #scope: string[] = [];
  #placeholders = new Map<string, Tensor>();
  #shared = new Map<string, Tensor>();
  #counters = new Map<string, number>();

  constructor(readonly options: GraphOptions = {}) {
    if (options.weights) this.phase = 'serving';
  }

  /** Adds a node and returns its output 0 (or `options.index`), of the given shape. */
  op(
    type: string,
    inputs: readonly Tensor[],
    attributes: Readonly<Record<string, Attribute>>,
    shape: Shape,
    options: OpOptions = {},
  ): Tensor {
    const node: Node = {
      name: options.name ?? this.#uniqueName(type),
      op: type,
      inputs,
      controls: options.controls ?? [],
      attributes,
    };
    if (this.nodes.has(node.name)) throw new TrainyardError('internal', `The graph already has a node "${node.name}".`);
    this.nodes.set(node.name, node);
    const dtype = options.dtype ?? inputs[0]?.dtype;
    if (dtype === undefined) throw new TrainyardError('internal', `"${type}" has no input and no dtype.`);
    return { graph: this, node, index: options.index ?? 0, shape, dtype };
  }

  /** Output 0 of the placeholder of that name, where the graph has it. */
  named(name: string): Tensor | undefined {
    return this.#placeholders.get(name);
  }

  /** Output `index` of the node that made `x`. */
  output(x: Tensor, index: number, shape: Shape, dtype: DType = x.dtype): Tensor {
    return { graph: this, node: x.node, index, shape, dtype };
  }

  placeholder(name: string, dtype: DType, shape: Shape): Tensor {
    const placeholder = this.op('Placeholder', [], { dtype, shape: { shape } }, shape, { name, dtype });
    this.#placeholders.set(name, placeholder);
    return placeholder;
  }

  /**
   * A constant; a Float32Array is not copied, and must stay as it is. Small ones that are alike are one node: a graph has
   * thousands of sizes, axes and factors.
   */
  constant(values: number | readonly number[] | Float32Array, dtype: 'float32' | 'int32', shape?: Shape): Tensor {
    const list = typeof values === 'number' ? [values] : values;
    const resolved = shape ?? (typeof values === 'number' ? [] : [values.length]);
    const key = list.length <= SHARED_NUMBERS ? `${dtype} [${resolved}] ${[...list].map(exact)}` : undefined;
    return key === undefined
      ? this.#constantOf(list, dtype, resolved)
      : this.shared(key, () => this.#constantOf(list, dtype, resolved));
  }

  /** The value of that key: built at the first call, the same one afterwards. */
  shared(key: string, build: () => Tensor): Tensor {
    const known = this.#shared.get(key);
    if (known !== undefined) return known;
    const built = build();
    this.#shared.set(key, built);
    return built;
  }

  #constantOf(list: readonly number[] | Float32Array, dtype: 'float32' | 'int32', shape: Shape): Tensor {
    const array = dtype === 'float32' ? floatsOf(list) : Int32Array.from(list);
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    return this.op('Const', [], { dtype, value: { tensor: { dtype, shape, bytes } } }, shape, { dtype });
  }

  /**
   * The variable of that name in the current scope: made at the first call, the same one afterwards, so that a network
   * built for training and for evaluation shares its weights. In a serving graph it is a constant; in evaluation its
   * running average, where it has one.
   */
  variable(name: string, shape: Shape, initializer: Initializer, role: Role = 'parameter'): Variable {
    const fullName = [...this.#scope, name].join('.');
    const known = this.variables.get(fullName);
    if (known !== undefined) {
      if (known.shape.join() === shape.join()) return this.phase === 'evaluation' ? this.#averageOf(known) : known;
      throw new TrainyardError('invalid_shape', `Variable "${fullName}" has shape [${known.shape}], not [${shape}].`);
    }
    const variable = this.options.weights
      ? this.#frozen(fullName, shape, role)
      : this.#fresh(fullName, shape, initializer, role);
    this.variables.set(fullName, variable);
    return variable;
  }

  /** The numbers of a variable of a serving graph, in its own shape. */
  weights(variable: Variable): Float32Array {
    const values = this.options.weights?.get(variable.name);
    if (values === undefined) throw new TrainyardError('internal', `There are no weights for "${variable.name}".`);
    return values;
  }

  /** Records how the gradient of `output` reaches `inputs`, and returns `output`. */
  differentiable(output: Tensor, inputs: readonly Tensor[], backward: Backward): Tensor {
    this.tape.push({ output, inputs, backward });
    return output;
  }

  /** Builds a named part of a network: its variables carry the name as a prefix; at the top level it is a row of the table. */
  layer(name: string, build: () => Tensor): Tensor {
    const isRow = this.#scope.length === 0;
    const before = isRow ? this.count('parameter') : 0;
    this.#scope.push(name);
    try {
      const output = build();
      if (isRow && !this.layers.some((layer) => layer.name === name)) {
        this.layers.push({ name, output, parameters: this.count('parameter') - before });
      }
      return output;
    } finally {
      this.#scope.pop();
    }
  }

  /** Where the network is being built: the names of the layers around, as they prefix a variable. */
  get scope(): string {
    return this.#scope.join('.');
  }

  /** The variables of a role, in the order they were made. */
  variablesOf(role: Role): Variable[] {
    return [...this.variables.values()].filter((variable) => variable.role === role);
  }

  /** How many numbers the variables of a role hold. */
  count(role: Role): number {
    return this.variablesOf(role).reduce((total, variable) => total + elements(variable.shape), 0);
  }

  #fresh(name: string, shape: Shape, initializer: Initializer, role: Role): Variable {
    const handle = this.op(
      'VarHandleOp',
      [],
      { dtype: 'float32', shape: { shape }, shared_name: name, container: '' },
      [],
      {
        name,
        dtype: 'resource',
      },
    );
    const value = this.op('ReadVariableOp', [handle], { dtype: 'float32' }, shape, {
      name: readOf(name),
      dtype: 'float32',
    });
    return { name, shape, role, handle, value, initial: initializer(this, name, shape) };
  }

  #frozen(name: string, shape: Shape, role: Role): Variable {
    const values = this.options.weights?.get(name);
    if (values?.length !== elements(shape)) {
      const found = values === undefined ? 'are missing' : `hold ${values.length} numbers`;
      throw new TrainyardError('invalid_shape', `The weights "${name}" ${found}; [${shape}] is needed.`);
    }
    const value = this.constant(values, 'float32', shape);
    return { name, shape, role, handle: value, value, initial: value };
  }

  #averageOf(variable: Variable): Variable {
    return this.averages.get(variable) ?? variable;
  }

  #uniqueName(type: string): string {
    const count = this.#counters.get(type) ?? 0;
    this.#counters.set(type, count + 1);
    return `${type}_${count}`;
  }
}

/** How a variable's value is fetched. */
export const readOf = (variable: string): string => `read/${variable}`;

const floatsOf = (list: readonly number[] | Float32Array): Float32Array =>
  list instanceof Float32Array ? list : Float32Array.from(list);

/** Most numbers of a constant that is shared: sizes, axes, paddings. */
const SHARED_NUMBERS = 8;

/** A number as text that no other has: −0 is not 0. */
const exact = (value: number): string => (Object.is(value, -0) ? '-0' : String(value));

/** A named part of a network: `build(x)`, with the name as prefix of its variables. */
export const layer = (name: string, x: Tensor, build: (x: Tensor) => Tensor): Tensor =>
  x.graph.layer(name, () => build(x));

/** Product of the sizes. */
export const elements = (shape: Shape): number => shape.reduce((product, size) => product * size, 1);

/** The nodes that the roots, all of one graph, depend on, in the order in which they were built: inputs before users. */
export function neededBy(roots: readonly Tensor[]): Node[] {
  const needed = new Set(roots.map(({ node }) => node));
  const nodes = [...(roots[0]?.graph.nodes.values() ?? [])];
  for (const node of nodes.toReversed()) {
    if (!needed.has(node)) continue;
    for (const { node: input } of [...node.inputs, ...node.controls]) needed.add(input);
  }
  return nodes.filter((node) => needed.has(node));
}

/** Operations whose outputs are the memory of their first input, or parts of it. */
export const VIEWS: ReadonlySet<string> = new Set(['Identity', 'Reshape', 'ExpandDims', 'Unpack']);

/** `node`, `node:1`: how an input or a fetch names a tensor. */
export const reference = (x: Tensor): string => (x.index === 0 ? x.node.name : `${x.node.name}:${x.index}`);
