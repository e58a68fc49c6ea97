/** SavedModels read back by the protobuf classes of tfjs, an independent implementation. */
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { Graph } from '../../src/graph/graph.js';
import { relu } from '../../src/graph/ops.js';
import { writeSavedModel } from '../../src/graph/saved-model.js';

const { SavedModel } = createRequire(import.meta.url)('@tensorflow/tfjs-node-gpu/dist/proto/api_pb.js');

describe('a SavedModel', () => {
  const graph = new Graph();
  const x = graph.placeholder('x', 'uint8', [-1, 2, 3]);
  const y = relu(graph.op('Cast', [x], { SrcT: 'uint8', DstT: 'float32' }, x.shape, { dtype: 'float32' }));
  relu(graph.constant([1, 2], 'float32')); // no output needs it
  const file = SavedModel.deserializeBinary(writeSavedModel([], { inputs: { x }, outputs: { y } }));
  const [metaGraph] = file.getMetaGraphsList();

  it('contains the tag, the version and a standard signature', () => {
    expect(file.getSavedModelSchemaVersion()).toBe(1);
    expect(metaGraph.getMetaInfoDef().getTagsList()).toEqual(['serve']);
    const signature = metaGraph.getSignatureDefMap().get('serving_default');
    expect(signature.getMethodName()).toBe('tensorflow/serving/predict');
    const input = signature.getInputsMap().get('x');
    expect(input.getName()).toBe('x:0');
    expect(input.getDtype()).toBe(4);
    expect(
      input
        .getTensorShape()
        .getDimList()
        .map((dimension: { getSize(): number }) => dimension.getSize()),
    ).toEqual([-1, 2, 3]);
    expect(signature.getOutputsMap().get('y').getName()).toBe('Relu_0:0');
  });

  it('contains only the nodes that its outputs need', () => {
    const nodes: { getOp(): string }[] = metaGraph.getGraphDef().getNodeList();
    expect(nodes.map((node) => node.getOp()).sort()).toEqual(['Cast', 'Placeholder', 'Relu']);
    expect(metaGraph.getGraphDef().getVersions().getProducer()).toBeGreaterThan(1000);
  });
});
