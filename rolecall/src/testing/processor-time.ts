/** What an act takes of the processor, in milliseconds: on a busy machine a clock tells how busy it is. */
export async function processorTime(act: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await act();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
