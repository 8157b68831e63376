import type { Preview } from './preview.ts'
import type { Ask } from './request.ts'

/** The terms of an ask that the reading of its run gives. None for other acts. */
export function runTermsOf(
  preview: Preview | undefined,
  unpinned: readonly string[],
): Pick<Ask, 'unpinned'> & Partial<Pick<Ask, 'runsAs'>> {
  const { runsAs, open = [] } = (preview?.outcome === 'matched' ? preview.run : undefined) ?? {}
  if (runsAs === undefined) return { unpinned: [...unpinned] }
  return { runsAs, unpinned: [...unpinned, `this approves everything that ${runsAs} may do with it`, ...open] }
}
