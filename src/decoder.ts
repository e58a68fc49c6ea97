/** Decoder process for large images, a child of the API. */
import { createImageDecoder } from './images/image-decoder.js';
import { raiseNiceness } from './processes/cpu-priority.js';
import type { LargeImage } from './processes/decoder-process.js';
import { answerCommands } from './processes/helper-child.js';

raiseNiceness(10); // below the API and the predictors
const { decode } = createImageDecoder();

answerCommands(({ file, target, pointer }: LargeImage) => decode(file, target, pointer));
