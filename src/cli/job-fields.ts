/**
 * Fields of job requests and of live changes: path, types, words and title.
 * Generated from the contract by `npm run openapi`; do not edit.
 */

export const JOB_FIELDS = `
network|string|resnet,densenet|Network
networkOptions|object||Network options
networkOptions.variant|string|tutorial,resnet18,resnet34,resnet50,resnet101,resnet152,densenet121,densenet161,densenet169,densenet201|Variant
networkOptions.stem|string|classic,small|Stem
networkOptions.stemKernel|integer|3,5,7|Stem kernel
networkOptions.width|integer||Width
networkOptions.blocks|list||Blocks
networkOptions.zeroInitResidual|boolean||Zero-initialized residuals
networkOptions.dropRate|number||Dropout
networkOptions.growth|integer||Growth
name|string||Model name
dataset|object,string||Data set
dataset.name|string||Data set name
dataset.resize|integer||Input side
dataset.trainSamples|integer||Training images
dataset.testSamples|integer||Test images
dataset.validationSamples|integer||Validation images
dataset.validation|string|own,drawn|Validation split
dataset.stratified|boolean||Stratified validation
earlyStopping|object,null||Early stopping
earlyStopping.metric|string|validationLoss,validationAccuracy,validationMacroF1,validationBalancedAccuracy|Metric
earlyStopping.mode|string|min,max|Mode
earlyStopping.patience|integer,null||Patience
earlyStopping.minDelta|number||Minimum change
optimizer|object,string|adam,adamw,sgd|Optimizer
optimizer.name|string|adam,adamw,sgd|
optimizer.learningRate|number||Learning rate
optimizer.beta1|number||Beta 1
optimizer.beta2|number||Beta 2
optimizer.epsilon|number||Epsilon
optimizer.weightDecay|number||Weight decay
optimizer.decayNormAndBias|boolean||Decay of BatchNorm and biases
optimizer.momentum|number||Momentum
optimizer.nesterov|boolean||Nesterov momentum
schedule|object,string|constant,step,cosine,one-cycle|Schedule
schedule.name|string|constant,step,multi-step,cosine,one-cycle|
schedule.warmupEpochs|number||Warm-up
schedule.every|integer||Interval
schedule.factor|number||Factor
schedule.epochs|list||Epochs of the drops
schedule.finalFactor|number||Final factor
schedule.peakAt|number||Peak
schedule.startFactor|number||Start factor
augmentation|object,string|photos|Augmentation
augmentation.name|string|photos|Preset
augmentation.crop|integer||Random crop
augmentation.flip|boolean||Random mirror
augmentation.erasing|number||Random erasing
augmentation.cutout|integer||Cutout
augmentation.mixup|number||Mixup
augmentation.verticalFlip|boolean||Random vertical mirror
augmentation.cutmix|number||CutMix
augmentation.trivialAugmentWide|boolean||TrivialAugmentWide
augmentation.randomResizedCrop|object,null||Random resized crop
augmentation.randomResizedCrop.scale|list||Share of the area
augmentation.randomResizedCrop.ratio|list||Ratio of the sides
augmentation.affine|object,null||Random affine map
augmentation.affine.degrees|number||Largest rotation
augmentation.affine.translate|list||Largest translation
augmentation.affine.scale|list||Scale
augmentation.affine.shear|list||Largest shear
augmentation.colorJitter|object,null||Colour jitter
augmentation.colorJitter.brightness|number||Brightness
augmentation.colorJitter.contrast|number||Contrast
augmentation.colorJitter.saturation|number||Saturation
augmentation.colorJitter.hue|number||Hue
augmentation.randAugment|object,null||RandAugment
augmentation.randAugment.operations|integer||Operations
augmentation.randAugment.magnitude|integer||Magnitude
batchSize|integer||Batch size
microBatchSize|integer||Micro batch size
labelSmoothing|number||Label smoothing
gradientClipNorm|number,null||Gradient clipping
emaDecay|number,null||EMA decay
epochs|integer||Epochs
maxSeconds|number,null||Time limit
seed|integer||Seed
stepInterval|integer||Step interval
freeze|string,null||Frozen layers
headRate|number||Rate of the head
layerDecay|number||Decay per stage
batchNorm|string|trained,frozen|BatchNorm
phases|list||Phases
normalization|string,object|none,dataset|Normalization
normalization.mean|list||
normalization.std|list||
precision|string|float32,bfloat16,auto|Precision
classWeights|string,list,null|balanced|Class weights
sampler|string|shuffled,balanced|Sampler
priority|integer||Priority
metadata|object||Metadata
metadata.*|string||
notes|string||Notes
changes|list||Planned changes
webhooks|list||Webhooks
from|object||
from.job|string||Job
from.checkpoint|string,integer|best,last|Checkpoint
from.model|string||Model
from.mode|string|continue,fine-tune|Mode
from.recipe|string|fine-tune|Recipe
`;

export const CHANGE_FIELDS = `
priority|integer||Priority
learningRate|number||Learning rate
epochs|integer||Epochs
patience|integer,null||Patience
maxSeconds|number,null||Time limit
metadata|object||Metadata
metadata.*|string,null||
notes|string,null||Notes
`;
