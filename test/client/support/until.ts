/** Looks until it holds: for what a file or the API says, and no event. Jest ends a test that waits in vain. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20))
}
