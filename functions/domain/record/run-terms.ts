import type { Digest } from '../values.ts'
import type { Preview } from './preview.ts'
import type { Ask } from './request.ts'

/** The terms of an ask that the reading of its run gives. None for other acts. */
export function runTermsOf(
  preview: Preview | undefined,
  unpinned: readonly string[],
): Pick<Ask, 'unpinned'> & Partial<Pick<Ask, 'runsAs'>> {
  const { runsAs, open = [] } = runIn(preview)
  if (runsAs === undefined) return { unpinned: [...unpinned] }
  return { runsAs, unpinned: [...unpinned, `this approves everything that ${runsAs} may do with it`, ...open] }
}

/** The open parts after a change of the state: the new reading's in place of the old one's. */
export function unpinnedAfter({ unpinned }: Pick<Ask, 'unpinned'>, before: Preview, now: Preview): string[] {
  const [gone, found] = [runIn(before).open ?? [], runIn(now).open ?? []]
  return [...unpinned.filter((each) => !gone.includes(each)), ...found]
}

export const shownIn = (preview: Preview | undefined): Digest | undefined => runIn(preview).shows

const runIn = (preview: Preview | undefined) => (preview?.outcome === 'matched' ? preview.run : undefined) ?? {}
