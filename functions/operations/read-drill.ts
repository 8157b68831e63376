import { type DrillReport, drillReport, type ToldOf } from '../domain/break-glass/drill.ts'
import { credentialsIssued } from '../domain/credentials/issue.ts'
import { asOf } from '../domain/requests/due.ts'
import type { ApprovalRequest } from '../domain/requests/request.ts'
import { type NumericDate, ok, type PersonId, type RequestId, type Result, refuse } from '../domain/values.ts'
import { mostTold, othersTold, skippedBy } from './emergency-people.ts'
import { openedIn } from './measure-drill.ts'
import { pages } from './page-emergency.ts'
import type { CardStore, DecidingPorts, Policy, PostedCard } from './ports.ts'
import { askAboutPerson } from './questions.ts'

export type Drill = { state: ApprovalRequest; report: DrillReport }
export type DrillPorts = Pick<DecidingPorts, 'requests' | 'ledger' | 'policy' | 'clock'> & {
  cards: Pick<CardStore, 'load'>
}

/** How a drill went, from its record, from the messages that were posted of it, and from what its opening was measured to take. */
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
  const [entries, posted, opened] = await Promise.all([ledger.entries(id), cards.load(id), openedIn(id, ports)])
  const report = drillReport({
    state,
    credentials: credentialsIssued(entries),
    ...(opened === undefined ? {} : { opened }),
    posted: posted.map(toldOf),
    due: dueTold(state, posted, policy, now),
    now,
  })
  return ok({ state, report })
}

const toldOf = ({ channel, person, at, told = [] }: PostedCard): ToldOf => ({
  to: person ?? (channel === pages ? 'page_hook' : 'channel'),
  ...(at === undefined ? {} : { at }),
  notices: told,
})

/**
 * Everybody who was skipped or is named by the folder, as far as they can be written to: whom the directory gives a Slack
 * account, and whoever was written to. Who has none finds it in the channel.
 */
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
    .filter((who) => reached.has(who) || people.find(({ id }) => id === who)?.slack !== undefined)
}
