/** Does the same to all, to so many at a time. @returns what came of each, as they ended. */
export async function inParallel<Item, Result>(
  items: Iterable<Item>,
  atOnce: number,
  act: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const waiting = items[Symbol.iterator]();
  const results: Result[] = [];
  const work = async () => {
    for (let next = waiting.next(); !next.done; next = waiting.next()) results.push(await act(next.value));
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return results;
}
