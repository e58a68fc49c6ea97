/** The builder process: builds networks symbolically, which blocks an event loop for tenths of a second. A child of the API. */
import { setPriority } from 'node:os';
import type { Build, BuildCommand, Builds } from './contracts/processes/build.js';
import { describeNetworks, memoizeSummaries } from './networks/index.js';
import { answerCommands } from './processes/helper-child.js';
import { memoizeTrainingMemory } from './training/step/training-memory.js';

/** Networks take what CPU the API and the predictor leave. */
setPriority(10);
const summarize = memoizeSummaries();
const memory = memoizeTrainingMemory();

answerCommands((command: BuildCommand): Builds[Build]['answer'] => {
  switch (command.type) {
    case 'describe':
      return describeNetworks();
    case 'summary':
      return summarize(command.architecture, command.input, command.classes);
    case 'memory':
      return memory.estimate(command.spec, command.image, command.classes);
    case 'shortage': {
      const { type: _, spec, ...holder } = command;
      return memory.shortage(spec, holder);
    }
  }
});
