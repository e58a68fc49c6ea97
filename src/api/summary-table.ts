/** Plain-text table of a network's summary. */
import type { TrainingMemory } from '../contracts/networks/memory-estimate.js';
import type { NetworkSummary } from '../contracts/networks/network.js';

export function formatSummary(summary: NetworkSummary): string {
  const { network, input, layers, parameters, runningValues, memory } = summary;
  const count = (value: number): string => value.toLocaleString('en-US');
  const rows = [
    ['layer', 'output shape', 'parameters'],
    ...layers.map((layer) => [layer.name, layer.outputShape.join('×'), count(layer.parameters)]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const [first = 0, second = 0, third = 0] = widths;
  const lines = rows.map(
    ([name = '', shape = '', own = '']) => `${name.padEnd(first)}  ${shape.padEnd(second)}  ${own.padStart(third)}`,
  );
  return [
    `${network}, input ${input.join('×')}`,
    ...lines,
    `${count(parameters)} trainable parameters, ${count(runningValues)} BatchNorm running values`,
    ...(memory === undefined ? [] : formatMemory(memory)),
    '',
  ].join('\n');
}

/** Returns one line for each part of the memory, in MiB. */
function formatMemory(memory: TrainingMemory): string[] {
  const rows = [
    ['parameters', memory.parametersBytes],
    ['optimizer slots', memory.slotsBytes],
    ['activations', memory.activationsBytes],
    ['process and data', memory.baseBytes],
    ['together', memory.totalBytes],
  ] as const;
  const mebibytes = (bytes: number): string => Math.ceil(bytes / 2 ** 20).toLocaleString('en-US');
  return [
    'memory of training, MiB',
    ...rows.map(([part, bytes]) => `${part.padEnd(16)}  ${mebibytes(bytes).padStart(9)}`),
  ];
}
