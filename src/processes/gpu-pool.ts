/** Assignment of GPUs to trainers. */

export type GpuPool = ReturnType<typeof createGpuPool>;

/** `names`: the GPUs, as CUDA_VISIBLE_DEVICES takes them. */
export function createGpuPool(names: readonly string[]) {
  const trainers = new Map(names.map((name) => [name, 0]));
  const count = (name: string | undefined, change: 1 | -1): void => {
    if (name !== undefined) trainers.set(name, (trainers.get(name) ?? 0) + change);
  };
  return {
    /** Returns the GPU with the fewest trainers and counts one more on it; undefined if there are no GPUs. */
    take(): string | undefined {
      const [gpu] = [...trainers].sort(([, a], [, b]) => a - b).map(([name]) => name);
      count(gpu, 1);
      return gpu;
    },
    release: (gpu: string | undefined): void => count(gpu, -1),
  };
}
