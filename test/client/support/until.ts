/**
 * Polls until it holds, for a file or an answer of the API, which send no event. Jest ends a test that waits in vain.
 */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20))
}
