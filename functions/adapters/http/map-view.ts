// Rules: test/http/agents-map.test.ts
import { inForce } from '../../domain/agents/ambient.ts'
import { hostNote } from '../../domain/agents/host-words.ts'
import { type Fold, foldOf, rowsOf } from '../../domain/agents/map.ts'
import { drawMap, mapTitle } from '../../domain/agents/map-picture.ts'
import { shownDays } from '../../domain/agents/unknown-callers.ts'
import type { AgentMap, UnknownAnswer } from '../../domain/cards/wire/agent-map.ts'
import type { Said } from '../../domain/cards/wire/word.ts'
import { defined, type NumericDate, rfc3339 } from '../../domain/values.ts'
import type { Unknown } from '../../operations/agents/inspect.ts'
import type { AgentSeen } from '../../operations/agents/read-agents.ts'
import { timeMember } from './authzen.ts'

/** `GET /v1/unknown-callers` (docs/api.md). */
export const unknownView = ({ issuers, accounts }: Unknown, now: NumericDate): Said<typeof UnknownAnswer> => ({
  since: rfc3339(Math.floor(now / 86_400 - shownDays + 1) * 86_400),
  issuers: issuers.map(({ callers, ...issuer }) => ({
    ...issuer,
    callers: callers.map(({ first, last, ...caller }) => ({ ...caller, first: rfc3339(first), last: rfc3339(last) })),
  })),
  accounts: accounts.map(({ account, looked, unknown }) => ({
    ...{ account, roles: unknown },
    ...defined({
      at: timeMember(looked?.failed ? looked.failed.rolesOf : looked?.at),
      more: looked?.more,
      unread: looked?.unread,
      failed: looked?.failed?.why,
    }),
  })),
})

/** The most of each kind for one agent, so that an answer about 200 agents stays small. */
const most = { roles: 20, secrets: 50, grants: 20 }
const agentsOfPage = 200

type Shape = { after?: string | undefined; fold?: Fold | undefined; picture?: boolean }

/** `GET /v1/agents/map` (docs/api.md). @param after the `next` of the page before */
export function mapView(
  seen: readonly AgentSeen[],
  now: NumericDate,
  { after = '', fold, picture = false }: Shape = {},
): Said<typeof AgentMap> {
  const rest = seen.filter(({ agent }) => agent.id > after).toSorted((a, b) => (a.agent.id < b.agent.id ? -1 : 1))
  const agents = rest.slice(0, agentsOfPage).map((each) => mapAgent(each, now))
  const next = rest.length > agentsOfPage ? agents.at(-1)?.id : undefined
  return { agents, ...defined({ next, picture: picture ? drawn(seen, now, fold) : undefined }) }
}

function drawn(seen: readonly AgentSeen[], now: NumericDate, fold: Fold | undefined): string {
  const all = seen.map((each) => mapAgent(each, now))
  const rows = rowsOf(all, foldOf(all, fold))
  return drawMap(rows, { title: mapTitle(all.length, rows.length) })
}

export function mapAgent(
  { agent, status, file, grants, allGrants }: AgentSeen,
  now: NumericDate,
): Said<typeof AgentMap>['agents'][number] {
  const looked = inForce(file.looked, agent, now)
  const { roles = [], secrets = [], unseen = 0, partial = [] } = looked ?? {}
  const note = hostNote(agent, file.looked)
  const over = (all: readonly unknown[], limit: number) => Math.max(0, all.length - limit)
  return {
    ...{ id: agent.id, owner: agent.owner, autonomy: agent.autonomy, status, runs_on: agent.runsOn },
    ...defined({ backup_owner: agent.backupOwner, looked_at: timeMember(looked?.at) }),
    roles: roles.slice(0, most.roles).map(({ arn, via }) => ({ arn, via })),
    secrets: secrets.slice(0, most.secrets),
    unknown: [
      ...partial,
      ...(note === undefined ? [] : [note]),
      ...(allGrants ? [] : ['there are more live grants than were read']),
    ],
    grants: grants.slice(0, most.grants).map(({ ask, grant }) => ({
      ...{ request: ask.id, action: ask.action, resource: ask.resource },
      until: rfc3339(grant.notAfter),
    })),
    more: {
      roles: over(roles, most.roles),
      secrets: over(secrets, most.secrets),
      grants: over(grants, most.grants),
      roles_not_looked_at: unseen,
    },
  }
}
