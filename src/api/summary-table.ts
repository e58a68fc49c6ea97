/** A network's summary as a table of plain text. */
import type { NetworkSummary } from '../contracts/network.js';

export function formatSummary({ network, input, layers, parameters, runningValues }: NetworkSummary): string {
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
    '',
  ].join('\n');
}
