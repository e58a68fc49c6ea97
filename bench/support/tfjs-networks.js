/** The tutorial's two networks in the layers API of tfjs, as a user of stock tfjs-node would train them with `model.fit`. */

/** @typedef {typeof import('@tensorflow/tfjs-node-gpu')} Tensorflow */
/** @typedef {import('@tensorflow/tfjs-node-gpu').SymbolicTensor} SymbolicTensor */

/** Both networks by name. A model takes N×resize×resize×1 images and returns the probabilities of ten classes. */
export const networks = { resnet, densenet };

/**
 * @param {Tensorflow} tf
 * @param {number} resize
 */
function resnet(tf, resize) {
  const { input, stem, conv, normalize, relu, add, finish } = createLayers(tf, resize);

  /**
   * relu(F(x) + x). With `project`, a 1×1 convolution with a bias and without BatchNorm gives x the shape of F(x).
   * @param {SymbolicTensor} x
   * @param {number} filters
   */
  const residual = (x, filters, project = false) => {
    const strides = project ? 2 : 1;
    let y = relu(normalize(conv(x, filters, 3, strides)));
    y = normalize(conv(y, filters, 3));
    return relu(add(y, project ? conv(x, filters, 1, strides) : x));
  };

  let y = stem(64);
  for (const [i, filters] of [64, 128, 256, 512].entries()) {
    y = residual(y, filters, i > 0);
    y = residual(y, filters);
  }
  return tf.model({ inputs: input, outputs: finish(y) });
}

/**
 * @param {Tensorflow} tf
 * @param {number} resize
 */
function densenet(tf, resize) {
  const { input, stem, conv, normalize, relu, concatenate, halve, finish } = createLayers(tf, resize);
  let channels = 64;
  let y = stem(channels);
  for (let block = 0; block < 4; block++) {
    for (let layer = 0; layer < 4; layer++) y = concatenate(y, conv(relu(normalize(y)), 32, 3));
    channels += 4 * 32;
    if (block === 3) break;
    channels /= 2;
    y = halve(conv(relu(normalize(y)), channels, 1));
  }
  return tf.model({ inputs: input, outputs: finish(relu(normalize(y))) });
}

/**
 * Creates layers with PyTorch's settings: its BatchNorm constants, and symmetric padding, unlike tfjs's `same` at stride 2.
 * @param {Tensorflow} tf
 * @param {number} resize
 */
function createLayers(tf, resize) {
  const { layers } = tf;
  const input = tf.input({ shape: [resize, resize, 1] });

  /** @param {import('@tensorflow/tfjs-layers/dist/engine/topology.js').Layer} layer @param {SymbolicTensor | SymbolicTensor[]} x */
  const apply = (layer, x) => /** @type {SymbolicTensor} */ (layer.apply(x));
  /** @param {SymbolicTensor} x @param {number} padding */
  const pad = (x, padding) => (padding === 0 ? x : apply(layers.zeroPadding2d({ padding }), x));
  /** @param {SymbolicTensor} x @param {number} filters @param {number} kernelSize */
  const conv = (x, filters, kernelSize, strides = 1) =>
    strides === 1
      ? apply(layers.conv2d({ filters, kernelSize, padding: 'same' }), x)
      : apply(layers.conv2d({ filters, kernelSize, strides }), pad(x, (kernelSize - 1) / 2));
  /** @param {SymbolicTensor} x */
  const normalize = (x) => apply(layers.batchNormalization({ momentum: 0.9, epsilon: 1e-5 }), x);
  /** @param {SymbolicTensor} x */
  const relu = (x) => apply(layers.reLU(), x);

  return {
    input,
    conv,
    normalize,
    relu,
    /** @param {SymbolicTensor} x @param {SymbolicTensor} y */
    add: (x, y) => apply(layers.add(), [x, y]),
    /** @param {SymbolicTensor} x @param {SymbolicTensor} y */
    concatenate: (x, y) => apply(layers.concatenate(), [x, y]),
    /** @param {SymbolicTensor} x */
    halve: (x) => apply(layers.averagePooling2d({ poolSize: 2, strides: 2 }), x),
    /**
     * 7×7 convolution and 3×3 max pool, each at stride 2. Padding with zeros is safe: no value after a ReLU is below 0.
     * @param {number} filters
     */
    stem: (filters) =>
      apply(layers.maxPooling2d({ poolSize: 3, strides: 2 }), pad(relu(normalize(conv(input, filters, 7, 2))), 1)),
    /** @param {SymbolicTensor} x */
    finish: (x) =>
      apply(layers.dense({ units: 10, activation: 'softmax' }), apply(layers.globalAveragePooling2d({}), x)),
  };
}
