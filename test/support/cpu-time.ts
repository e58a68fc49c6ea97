/** CPU time of this process: unlike the clock, it does not grow while other programs use the cores. */

/** Returns the milliseconds of CPU time that this process spends, over all its threads, until `work` has ended. */
export async function measureCpuMs(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
