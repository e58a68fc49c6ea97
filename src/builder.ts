/** Builder process, a child of the API. Building a network takes tenths of a second, which would block the API's event loop. */
import type { Build, BuildAnswer, BuildCommand, Builds } from './contracts/processes/build.js';
import {
  describeNetworks,
  freezableLayers,
  memoizeSummaries,
  summarize as summarizeNetwork,
} from './networks/index.js';
import { raiseNiceness } from './processes/cpu-priority.js';
import { answerCommands } from './processes/helper-child.js';
import { learningRateCurve } from './training/step/learning-rate-curve.js';
import { memoizeTrainingPlans, planTrainingMemory } from './training/step/training-memory.js';

raiseNiceness(10); // below the API and the predictors
/** Graphs that this process has built. */
let graphsBuilt = 0;
const summarize = memoizeSummaries(counted(summarizeNetwork));
const planTraining = memoizeTrainingPlans(counted(planTrainingMemory));

answerCommands((command: BuildCommand): BuildAnswer => {
  const before = graphsBuilt;
  const answer = answerOf(command);
  return { answer, graphs: graphsBuilt - before };
});

function answerOf(command: BuildCommand): Builds[Build]['answer'] {
  switch (command.type) {
    case 'describe':
      return describeNetworks(summarize);
    case 'summary':
      return summarize(command.architecture, command.input, command.classes);
    case 'layers':
      return freezableLayers(command.architecture);
    case 'plan':
      return {
        ...planTraining(command.spec, command.image, command.classes, command.limit),
        learningRate: learningRateCurve(command.spec, command.changes),
      };
  }
}

/** Wraps a function that builds one graph, and counts its calls. */
function counted<Given extends readonly unknown[], Result>(build: (...given: Given) => Result) {
  return (...given: Given): Result => {
    graphsBuilt += 1;
    return build(...given);
  };
}
