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

/** Sizes of the dimensions. −1 as the first size is the batch, which is known only when the graph runs. */
export type Shape = readonly number[];

/** Bytes of a constant, little-endian and row-major. */
export type Constant = Readonly<{ dtype: DType; shape: Shape; bytes: Uint8Array }>;

/** An attribute of a node. A number is an int, a list of numbers a list of ints, a DType a type, any other text bytes. */
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

/** A symbolic value: output `index` of a node. Its shape and dtype are known when it is built. */
export type Tensor = Readonly<{ graph: Graph; node: Node; index: number; shape: Shape; dtype: DType }>;

/**
 * Role of a variable. The optimizer updates parameters and keeps slots. Statistics are BatchNorm's running mean and variance.
 * Averages follow parameters and statistics. Sums accumulate the gradients of one step and have no meaning between two steps.
 */
export type Role = 'parameter' | 'statistic' | 'slot' | 'average' | 'sum';

/** A value that the session keeps between runs; in a serving graph, a constant. `value` reads it. */
export type Variable = Readonly<{
  name: string;
  shape: Shape;
  role: Role;
  handle: Tensor;
  value: Tensor;
  initial: Tensor;
}>;

/**
 * Phase in which layers are built: in `training` BatchNorm uses the statistics of the batch, in `evaluation` the running
 * statistics. In `serving` weights are constants, and BatchNorm is folded into the convolution before it.
 */
export type Phase = 'training' | 'evaluation' | 'serving';

/** Builds the initial value of a variable. */
export type Initializer = (graph: Graph, name: string, shape: Shape) => Tensor;

/** A top-level layer of the network, with its output: a row of the summary table. */
export type Layer = Readonly<{ name: string; output: Tensor; parameters: number }>;

type TapeEntry = Readonly<{ output: Tensor; inputs: readonly Tensor[]; backward: Backward }>;
/** Returns the gradients of the inputs, one each, for the gradient of the output. */
export type Backward = (gradient: Tensor) => readonly Tensor[];

type OpOptions = Readonly<{ name?: string; dtype?: DType; controls?: readonly Tensor[]; index?: number }>;

/** Border between the frozen and the trained layers: right before a layer begins, or right after it ends. */
export type Border = Readonly<{ layer: string; side: 'before' | 'after' }>;

/**
 * `seed` determines the initial values. `weights` are the constants of a serving graph. `device` is the device the graph is built
 * for, by default `cpu`; on the other device it runs more slowly. `frozenUntil`: in training, the layers up to this border run in
 * evaluation mode and their parameters are not trained. `frozenStatistics`: in training, every BatchNorm uses its running statistics and
 * does not change them.
 */
export type GraphOptions = Readonly<{
  seed?: number;
  weights?: ReadonlyMap<string, Float32Array>;
  device?: Device;
  frozenUntil?: Border;
  frozenStatistics?: boolean;
}>;
export type Device = 'cpu' | 'gpu';

export class Graph {
  readonly nodes = new Map<string, Node>();
  readonly variables = new Map<string, Variable>();
  /** Layers of the network, in the order they were first built. */
  readonly layers: Layer[] = [];
  /** Differentiable operations in the order of the forward pass. */
  readonly tape: TapeEntry[] = [];
  /** Assignments of a training step besides those of the optimizer: new running statistics. */
  readonly updates: Tensor[] = [];
  /** Averages by variable: an evaluation reads the average instead of the variable. */
  readonly averages = new Map<Variable, Variable>();
  /** In a serving graph: builds a convolution again with its outputs scaled and shifted per channel. */
  readonly foldable = new Map<Tensor, (scale: Float32Array, shift: Float32Array) => Tensor>();
  /** In training: the output of each convolution with a bias, with the product before the bias is added. */
  readonly biased = new Map<Tensor, Readonly<{ product: Tensor; bias: Variable }>>();
  /** Parameters of frozen layers. */
  readonly frozen = new Set<Variable>();
  /** Layers at every depth by name, in the order of their ends, each with the number of parameters that exist when it ends. */
  readonly ends = new Map<string, number>();
  #phase: Phase = 'training';
  #isFrozen: boolean;
  #scope: string[] = [];
  #placeholders = new Map<string, Tensor>();
  #shared = new Map<string, Tensor>();
  #counters = new Map<string, number>();

  constructor(readonly options: GraphOptions = {}) {
    if (options.weights) this.#phase = 'serving';
    this.#isFrozen = options.frozenUntil !== undefined;
  }

  /** Phase in which layers are built now. Frozen layers of a training step are built for evaluation. */
  get phase(): Phase {
    return this.#phase === 'training' && this.#isFrozen ? 'evaluation' : this.#phase;
  }

  set phase(phase: Phase) {
    this.#phase = phase;
  }

  /** Ends the frozen part if its border is at this side of the current layer. */
  #pass(side: Border['side']): void {
    const { frozenUntil: border } = this.options;
    if (border?.side === side && border.layer === this.scope) this.#isFrozen = false;
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

  /** Returns the placeholder of that name, or undefined if the graph has none. */
  findPlaceholder(name: string): Tensor | undefined {
    return this.#placeholders.get(name);
  }

  /** Returns output `index` of the node of `x`. */
  output(x: Tensor, index: number, shape: Shape, dtype: DType = x.dtype): Tensor {
    return { graph: this, node: x.node, index, shape, dtype };
  }

  placeholder(name: string, dtype: DType, shape: Shape): Tensor {
    const placeholder = this.op('Placeholder', [], { dtype, shape: { shape } }, shape, { name, dtype });
    this.#placeholders.set(name, placeholder);
    return placeholder;
  }

  /**
   * Returns a constant. A Float32Array is not copied and must not change afterwards. Small constants with equal values share one
   * node, because a graph has thousands of sizes, axes and factors.
   */
  constant(values: number | readonly number[] | Float32Array, dtype: 'float32' | 'int32', shape?: Shape): Tensor {
    const list = typeof values === 'number' ? [values] : values;
    const resolved = shape ?? (typeof values === 'number' ? [] : [values.length]);
    const key = list.length <= SHARED_NUMBERS ? `${dtype} [${resolved}] ${[...list].map(exact)}` : undefined;
    return key === undefined
      ? this.#constantOf(list, dtype, resolved)
      : this.shared(key, () => this.#constantOf(list, dtype, resolved));
  }

  /** Returns the tensor of a key. Builds it at the first call. */
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
   * Returns the variable of that name in the current scope. The first call creates it, so a network that is built for training and
   * for evaluation shares its weights. In a serving graph it is a constant. In evaluation it is the variable's average, if there
   * is one. Throws `invalid_shape` if it exists with another shape.
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
    if (role === 'parameter' && this.#isFrozen) this.frozen.add(variable);
    return variable;
  }

  /** Returns the numbers of a variable of a serving graph, in the variable's shape. */
  weights(variable: Variable): Float32Array {
    const values = this.options.weights?.get(variable.name);
    if (values === undefined) throw new TrainyardError('internal', `There are no weights for "${variable.name}".`);
    return values;
  }

  /** Records the backward function of `output` on the tape, and returns `output`. */
  differentiable(output: Tensor, inputs: readonly Tensor[], backward: Backward): Tensor {
    this.tape.push({ output, inputs, backward });
    return output;
  }

  /** Builds a named part of a network. The name prefixes the names of its variables. At the top level it is a row of the summary. */
  layer(name: string, build: () => Tensor): Tensor {
    const isRow = this.#scope.length === 0;
    const before = isRow ? this.count('parameter') : 0;
    this.#scope.push(name);
    this.#pass('before');
    try {
      const output = build();
      this.#pass('after');
      if (!this.ends.has(this.scope)) this.ends.set(this.scope, this.variablesOf('parameter').length);
      if (isRow && !this.layers.some((layer) => layer.name === name)) {
        this.layers.push({ name, output, parameters: this.count('parameter') - before });
      }
      return output;
    } finally {
      this.#scope.pop();
    }
  }

  /** Names of the enclosing layers, joined by dots, as they prefix a variable. */
  get scope(): string {
    return this.#scope.join('.');
  }

  /** Returns the variables of a role, in the order of their creation. */
  variablesOf(role: Role): Variable[] {
    return [...this.variables.values()].filter((variable) => variable.role === role);
  }

  /** Returns the parameters that a training step updates: all but those of frozen layers. */
  trained(): Variable[] {
    return this.variablesOf('parameter').filter((variable) => !this.frozen.has(variable));
  }

  /** Returns the total number of elements of the variables of a role. */
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

/** Returns the fetch name of a variable's value. */
export const readOf = (variable: string): string => `read/${variable}`;

const floatsOf = (list: readonly number[] | Float32Array): Float32Array =>
  list instanceof Float32Array ? list : Float32Array.from(list);

/** Constants of at most this many numbers are shared: sizes, axes, paddings. */
const SHARED_NUMBERS = 8;

/** Returns a text that is unique to the number: −0 is not 0. */
const exact = (value: number): string => (Object.is(value, -0) ? '-0' : String(value));

/** Builds `build(x)` as a named part of a network. The name prefixes the names of its variables. */
export const layer = (name: string, x: Tensor, build: (x: Tensor) => Tensor): Tensor =>
  x.graph.layer(name, () => build(x));

/** Returns the product of the sizes. */
export const elements = (shape: Shape): number => shape.reduce((product, size) => product * size, 1);

/** Returns the nodes that the roots depend on, in the order in which they were built. All roots belong to one graph. */
export function neededBy(roots: readonly Tensor[]): Node[] {
  const needed = new Set(roots.map(({ node }) => node));
  const nodes = [...(roots[0]?.graph.nodes.values() ?? [])];
  for (const node of nodes.toReversed()) {
    if (!needed.has(node)) continue;
    for (const { node: input } of [...node.inputs, ...node.controls]) needed.add(input);
  }
  return nodes.filter((node) => needed.has(node));
}

/** Operations whose outputs share the memory of their first input. */
export const VIEWS: ReadonlySet<string> = new Set(['Identity', 'Reshape', 'ExpandDims', 'Unpack']);

/** Returns the name by which inputs and fetches refer to a tensor: `node` or `node:1`. */
export const reference = (x: Tensor): string => (x.index === 0 ? x.node.name : `${x.node.name}:${x.index}`);
