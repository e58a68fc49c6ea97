/** The decoder process: reads large images. A child of the API. */
import { setPriority } from 'node:os';
import { createImageDecoder } from './images/image-decoder.js';
import type { LargeImage } from './processes/decoder-process.js';
import { answerCommands } from './processes/helper-child.js';

/** Large images take what CPU the API and the predictor leave. */
setPriority(10);
const { decode } = createImageDecoder();

answerCommands(({ file, target, pointer }: LargeImage) => decode(file, target, pointer));
