/** Ids of pretrained models in torchvision, timm and Hugging Face, as a hint which network the weights belong to. */

/** Architectures of this service under the names of timm and torchvision. */
const KNOWN: ReadonlySet<string> = new Set([
  ...['resnet18', 'resnet26', 'resnet34', 'resnet50', 'resnet101', 'resnet152', 'resnet200'],
  ...['densenet121', 'densenet161', 'densenet169', 'densenet201'],
]);

/** Families of timm and torchvision whose graph differs from every network of this service. */
const FOREIGN: readonly (readonly [pattern: RegExp, difference: string])[] = [
  [/^(se|ge|gc|bat|sk|eca|cbam|senet|ese)/, 'its residuals have attention'],
  [/^resnext/, 'its convolutions are grouped'],
  [/^wide_resnet/, 'its bottlenecks are wider'],
  [/^resnetv2/, 'its residuals are pre-activated'],
  [/^resnetblur|^resnetaa|^densenetblur/, 'it pools with a blur, which its weights do not show'],
  [/^resnetrs/, 'its stem and its residuals differ'],
  [/^resnet\d+_gn/, 'it has GroupNorm instead of BatchNorm'],
  [/^resnet\d+[a-z]/, 'its stem has three convolutions'],
  [/^densenet\d+[a-z]/, 'its stem has three convolutions'],
];

/** Returns the architecture of a model id: `timm/resnet18.a1_in1k` → `resnet18`, `microsoft/resnet-50` → `resnet50`. */
export const architectureOfId = (id: string): string =>
  id
    .toLowerCase()
    .replace(/^.*[/:]/, '')
    .replace(/_weights\..*$|\..*$/, '')
    .replace(/^(tv|gluon|ssl|swsl)_/, '')
    .replace(/^(resnet|densenet)-(?=\d)/, '$1');

/** Returns why a model id is refused, as the predicate of a sentence. Undefined if this service has its architecture. */
export function refuseOrigin(id: string): string | undefined {
  const architecture = architectureOfId(id);
  if (KNOWN.has(architecture)) return undefined;
  const known = [...KNOWN].join(', ');
  const difference = FOREIGN.find(([pattern]) => pattern.test(architecture))?.[1];
  if (difference === undefined)
    return `names the architecture "${architecture.slice(0, 50)}", which this service does not know. It has ${known}. Leave the field out to go by the weights`;
  return `names the architecture "${architecture.slice(0, 50)}", whose graph this service does not have: ${difference}. It has ${known}`;
}
