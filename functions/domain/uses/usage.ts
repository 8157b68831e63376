// Rules: test/policies/usage.test.ts
import { isSession } from '../../targets/kinds.ts'
import type { CatalogueEntry } from '../policy/catalogue.ts'
import { pinnedBy } from '../policy/catalogue.ts'
import { endedAt } from '../record/ended.ts'
import { type ApprovalRequest, grantOf } from '../record/request.ts'
import { defined, type Json, type JsonObject } from '../values.ts'
import { entryDiff } from './entry-diff.ts'
import { type Bound, narrowEntry } from './narrow-entry.ts'

/** An agent's requests for one action, and their use. */
export type ActionUsage = {
  action: string
  asked: number
  approved: number
  /** Grants whose approved action was done. */
  used: number
  /** Grants that ended unused. */
  unused: number
  /** Calls to AWS without an approval. */
  extraCalls: number
  refusedCalls: number
  /** The number of resources of the used grants. */
  resources: number
  /** The arguments of the used grants. */
  arguments: { readonly [name: string]: Seen }
  /** A narrower entry that would have sufficed, and its narrower bounds. */
  proposal?: { entry: CatalogueEntry; bounds: readonly Bound[]; diff: readonly string[] }
}

/** Values only for arguments that name the resource; for numbers the minimum and maximum. */
export type Seen = { distinct: number; values?: readonly string[]; minimum?: number; maximum?: number }

const mostValues = 20

export function usageOf(
  requests: readonly ApprovalRequest[],
  { actions }: { actions: { readonly [name: string]: CatalogueEntry } },
): readonly ActionUsage[] {
  const byAction = Map.groupBy(requests, ({ ask }) => ask.action)
  return [...byAction]
    .map(([action, of]) => usageOfAction(action, of, actions[action]))
    .toSorted((one, other) => (one.action < other.action ? -1 : 1))
}

function usageOfAction(
  action: string,
  requests: readonly ApprovalRequest[],
  entry: CatalogueEntry | undefined,
): ActionUsage {
  const used = requests.filter(isUsed)
  const sum = (of: (state: ApprovalRequest) => number) => requests.reduce((total, state) => total + of(state), 0)
  const args = used.map(({ ask }) => ask.arguments)
  const narrower = entry && args.length > 0 ? narrowEntry(entry, args) : undefined
  return {
    action,
    asked: requests.length,
    approved: requests.filter((state) => grantOf(state) !== undefined).length,
    used: used.length,
    unused: requests.filter(isUnused).length,
    extraCalls: sum(({ calls }) => calls?.extraCalls ?? 0),
    refusedCalls: sum(({ calls }) => calls?.refused ?? 0),
    resources: new Set(used.map(({ ask }) => ask.resource.id)).size,
    arguments: seenIn(args, entry),
    ...(entry && narrower && narrower.bounds.length > 0
      ? { proposal: { ...narrower, diff: entryDiff(entry, narrower.entry) } }
      : {}),
  }
}

/** Whether a grant was used: by AWS's record if there is one, else by Hotwork's. */
function isUsed(state: ApprovalRequest): boolean {
  if (state.calls && !state.calls.notRecorded) return state.calls.approved > 0
  const uses = grantOf(state)?.uses ?? []
  return uses.some((use) => !isSession(use) && use.ended?.outcome !== 'failed')
}

function isUnused(state: ApprovalRequest): boolean {
  if (state.calls && !state.calls.notRecorded) return state.calls.unused
  return endedAt(state) !== undefined && grantOf(state)?.uses.length === 0
}

function seenIn(args: readonly JsonObject[], entry: CatalogueEntry | undefined): { [name: string]: Seen } {
  const names = [...new Set(args.flatMap((each) => Object.keys(each)))].sort()
  const pinned = entry ? pinnedBy(entry) : []
  return Object.fromEntries(
    names.map((name) => {
      const values = args.flatMap((each) => (each[name] === undefined ? [] : [each[name]]))
      return [name, seenOf(values, pinned.includes(name))]
    }),
  )
}

function seenOf(values: readonly Json[], isPinned: boolean): Seen {
  const distinct = [...new Set(values.map((value) => JSON.stringify(value)))]
  const numbers = values.filter((value) => typeof value === 'number')
  const texts = [...new Set(values.filter((value) => typeof value === 'string'))].sort()
  const areNumbers = numbers.length === values.length
  return defined({
    distinct: distinct.length,
    values: isPinned && texts.length <= mostValues ? texts : undefined,
    minimum: areNumbers ? Math.min(...numbers) : undefined,
    maximum: areNumbers ? Math.max(...numbers) : undefined,
  })
}
