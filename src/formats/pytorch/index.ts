/**
 * Reader of PyTorch files (.pth, .pt, .bin) without Python: weights of `torch.save`, in its ZIP format and in the one before
 * torch 1.6. The pickle is read as data.
 */
export { openLegacyFile, startsAsLegacyFile } from './legacy-file.js';
export { WEIGHT_KEYS } from './state-dict.js';
export { openZipFile } from './zip-file.js';
