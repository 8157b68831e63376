// Rules: test/operations/uses/read-actual.test.ts
import { sealedSessionOf } from '../../domain/break-glass/sealed-role.ts'
import { type Entry, eventOf } from '../../domain/ledger/ledger.ts'
import { accountIdOf, type Bundle } from '../../domain/policy/bundle.ts'
import { endedAt } from '../../domain/record/ended.ts'
import { openingOf } from '../../domain/record/origin.ts'
import type { ApprovalRequest } from '../../domain/record/request.ts'
import { asOf } from '../../domain/requests/due.ts'
import { type Actual, actualOf, delayIn } from '../../domain/uses/actual.ts'
import type { NumericDate, RequestId } from '../../domain/values.ts'
import { type PlacePorts, placeOf } from '../../operations/credentials/place.ts'
import type { LedgerReader, TextReader } from '../../operations/ledger/ports.ts'
import { joinRequest } from '../../operations/ledger/texts.ts'
import type { DecidingPorts, RequestReader } from '../../operations/record/ports.ts'
import type { CallRecord, RecordedSession } from './ports.ts'
import { runOf } from './rules/runs.ts'
import { runnerBeside } from './runners.ts'

export type ActualPorts = PlacePorts &
  Pick<DecidingPorts, 'policy' | 'clock'> & {
    requests: Pick<RequestReader, 'load'>
    ledger: Pick<LedgerReader, 'entries'>
    texts: TextReader
    calls: CallRecord
    /** Hotwork's own Region, whose STS it asks. */
    region: string
  }

/** The tolerated difference of clocks. Seconds. */
const around = 60
/** The longest time for which an ended session may still make calls. Seconds. */
const longestSession = 3600

/**
 * The calls under a request. Undefined if it does not exist. Only its own sessions are searched, so callers learn of no
 * others.
 */
export async function readActual(id: RequestId, ports: ActualPorts): Promise<Actual | undefined> {
  const stored = await ports.requests.load(id)
  if (!stored) return undefined
  const now = ports.clock.now()
  const current = asOf(stored.state, now)
  // A session of the sealed role is named after a person's IAM user, which is a personal text beside the entry.
  const isSealed = openingOf(current.ask)?.sealed === true
  const state = isSealed ? await joinRequest(current, ports.texts) : current
  const sessions = sessionsOf(state, await ports.ledger.entries(id), now, ports)
  const read = await Promise.all(sessions.map((session) => ports.calls.ofSession(session)))
  // The text was erased, so the session cannot be identified.
  const lost = isSealed && sessions.length === 0 ? [state.ask.resource.id] : []
  const { bundle } = ports.policy
  const found = {
    calls: read.flatMap((each) => each?.calls ?? []),
    more: read.some((each) => each?.more),
    unread: [
      ...new Set([...sessions.filter((_, index) => !read[index]).map(({ role }) => role), ...lost].map(accountIdOf)),
    ],
    issued: sessions.length + lost.length > 0,
  }
  return actualOf(state, found, { now, delay: delayIn(bundle), facts: bundle })
}

/** The sessions by recorded intents, since a session may exist although its answer was lost. */
function sessionsOf(
  state: ApprovalRequest,
  entries: readonly Entry[],
  now: NumericDate,
  ports: ActualPorts,
): readonly RecordedSession[] {
  const { policy, region } = ports
  const regions = [...new Set([region, ...regionsOf(policy.bundle)])]
  const [first] = entries
  const sealed = sealedSessionOf(first && eventOf(first), state.ask.agent.subject)
  if (sealed) return [{ ...sealed, regions }]
  const [place, action] = [placeOf(state.ask, ports), policy.bundle.actions[state.ask.action]]
  const caller = place !== undefined && action && runOf(action) ? runnerBeside(place) : place
  const spans = entries.flatMap((entry) => intendedIn(entry, caller))
  const until = Math.min(now, (endedAt(state) ?? now) + longestSession) + around
  return [...Map.groupBy(spans, ({ role }) => role)].map(([role, of]) => {
    const times = of.map(({ at }) => at)
    const [first, last] = [Math.min(...times) - around, Math.max(...times) + around]
    const inAccount = regionsOf(policy.bundle, accountIdOf(role))
    return {
      name: state.ask.id,
      role,
      regions: [...new Set([...inAccount, region])],
      from: first,
      until,
      issued: { from: first, until: last },
    }
  })
}

/** The intended session of the agent, or of the one call that Hotwork makes. */
function intendedIn(entry: Entry, role: string | undefined): readonly { role: string; at: NumericDate }[] {
  const event = eventOf(entry)
  if (event?.type === 'CredentialIntended' && event.session) return [{ role: event.session.role, at: event.at }]
  const isCall = event?.type === 'UseBegun' && event.tool === 'aws' && event.key === 'call'
  return isCall && role !== undefined ? [{ role, at: event.at }] : []
}

const regionsOf = ({ deployment }: Bundle, accountId?: string): readonly string[] =>
  Object.values(deployment.accounts)
    .filter((account) => accountId === undefined || account.accountId === accountId)
    .map((account) => account.region)
