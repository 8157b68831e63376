import { type DrillReport, drillReport, type ToldOf } from '../../domain/break-glass/drill.ts'
import { credentialsIssued } from '../../domain/credentials/issue.ts'
import { asOf } from '../../domain/requests/due.ts'
import type { ApprovalRequest } from '../../domain/requests/request.ts'
import {
  defined,
  type NumericDate,
  ok,
  type PersonId,
  type RequestId,
  type Result,
  refuse,
} from '../../domain/values.ts'
import type { CardStore, PostedCard } from '../cards/ports.ts'
import { StoreUnavailable } from '../faults.ts'
import type { Policy } from '../policy/ports.ts'
import { askAboutPerson } from '../policy/questions.ts'
import type { Clock, Log } from '../ports.ts'
import type { DecidingPorts, RequestWriter } from '../requests/ports.ts'
import { mostTold, othersTold, pages, skippedBy } from './notify.ts'

export type Stopwatch = { milliseconds(): number }

const keep = 400 * 86_400
const keyOf = (id: RequestId) => `DRILL#${id}`

/** Remembers how long a drill took to open. A fault here must not hold up the opening, so it is only logged. */
export async function measureDrill(
  { id, milliseconds }: { id: RequestId; milliseconds: number },
  { requests, clock, log }: { requests: Pick<RequestWriter, 'claim'>; clock: Clock; log: Log },
): Promise<void> {
  const value = String(Math.max(0, Math.round(milliseconds)))
  try {
    await requests.claim({ key: keyOf(id), value, expiresAt: clock.now() + keep })
  } catch (fault) {
    if (!(fault instanceof StoreUnavailable)) throw fault
    log.warn('drill_not_measured', { request: id })
  }
}

export type Drill = { state: ApprovalRequest; report: DrillReport }
export type DrillPorts = Pick<DecidingPorts, 'requests' | 'ledger' | 'policy' | 'clock'> & {
  cards: Pick<CardStore, 'load'>
}

export async function readDrill(
  { id, person }: { id: RequestId; person: PersonId },
  ports: DrillPorts,
): Promise<Result<Drill, 'not_permitted' | 'unknown_request' | 'no_drill'>> {
  const { requests, ledger, policy, cards } = ports
  const now = ports.clock.now()
  if (!askAboutPerson(policy, 'read', person, now).permit) return refuse('not_permitted')
  const stored = await requests.load(id)
  if (!stored?.state.ask.breakGlass) return refuse('unknown_request')
  if (!stored.state.ask.breakGlass.drill) return refuse('no_drill')
  const state = asOf(stored.state, now)
  const [entries, posted, opened] = await Promise.all([ledger.entries(id), cards.load(id), requests.recall(keyOf(id))])
  const report = drillReport({
    state,
    credentials: credentialsIssued(entries),
    ...defined({ opened: opened === undefined ? undefined : Number(opened) }),
    posted: posted.map(toldOf),
    due: dueTold(state, posted, policy, now),
    now,
  })
  return ok({ state, report })
}

const toldOf = ({ channel, person, at, told = [] }: PostedCard): ToldOf => ({
  to: person ?? (channel === pages ? 'page_hook' : 'channel'),
  ...defined({ at }),
  notices: told,
})

/** People to tell who can be reached: the directory gives them a chat account, or a message went to them. */
function dueTold(
  state: ApprovalRequest,
  posted: readonly PostedCard[],
  policy: Policy,
  now: NumericDate,
): readonly PersonId[] {
  const { people } = policy.bundle.directory
  const all = new Set([...othersTold(state, policy), ...skippedBy(state, policy, now).people])
  const reached = new Set(posted.flatMap(({ person }) => person ?? []))
  return [...all]
    .slice(0, mostTold - 1)
    .filter((who) => reached.has(who) || people.find(({ id }) => id === who)?.chatUser !== undefined)
}
