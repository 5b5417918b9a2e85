/** What GitHub gives at most on one page. */
export const PAGE_SIZE = 100;

/** All items of a list, page by page, until `stop` says it was enough; null when the list goes on past `pages` pages. */
export async function readPages<T>(
  pages: number,
  page: (number: number) => Promise<readonly T[]>,
  stop: (items: readonly T[]) => boolean = () => false,
): Promise<T[] | null> {
  const all: T[] = [];
  for (let number = 1; number <= pages; number += 1) {
    const items = await page(number);
    all.push(...items);
    if (items.length < PAGE_SIZE || stop(items)) return all;
  }
  return null;
}
