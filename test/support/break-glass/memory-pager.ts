import type { OpeningPage, Pager } from '../../../functions/operations/break-glass/ports.ts'
import { PagerUnavailable } from '../../../functions/operations/faults.ts'

/** The page hook in memory: its calls, in order. */
export class MemoryPager implements Pager {
  readonly pages: OpeningPage[] = []
  /** Whether it is down. */
  isDown = false

  async page(page: OpeningPage): Promise<void> {
    await Promise.resolve()
    if (this.isDown) throw new PagerUnavailable('the hook is down')
    this.pages.push(page)
  }
}
