// Rules: test/channels/slack/home/linking.test.ts
import { PatternIncidents, SystemSecrets } from '../adapters/system/system.ts'
import type { ChatAccount } from '../domain/people/linking.ts'
import type { ApprovalRequest } from '../domain/record/request.ts'
import { ok, type PersonId, type Result } from '../domain/values.ts'
import type { ShowingApiPorts } from '../handlers/doors.ts'
import type { ForeseenAsk } from '../operations/break-glass/open-break-glass.ts'
import type { ReviewAsk } from '../operations/break-glass/openings.ts'
import { endBreakGlass, foreseeReview, listBreakGlass, reviewBreakGlass } from '../operations/break-glass/openings.ts'
import { prepareOpening } from '../operations/break-glass/prepare-opening.ts'
import { mayOpen } from '../operations/break-glass/what-to-open.ts'
import type { BurstAsk } from '../operations/cards/decide-burst.ts'
import { acceptBurst } from '../operations/cards/decide-burst.ts'
import type { BurstStore, CardStore } from '../operations/cards/ports.ts'
import { readOverview } from '../operations/cards/read-overview.ts'
import type { CardPlace } from '../operations/cards/show-card.ts'
import { findSeen } from '../operations/cards/show-card.ts'
import { declareHalt, liftHalt } from '../operations/halts/halt.ts'
import type { HaltStore } from '../operations/halts/ports.ts'
import { viewHalts } from '../operations/halts/view-halts.ts'
import { joinRequest, showing } from '../operations/ledger/texts.ts'
import { readReadings } from '../operations/people/list-groups.ts'
import type { StandInStore } from '../operations/people/ports.ts'
import { endStandIn } from '../operations/people/stand-ins.ts'
import type { PermitStore } from '../operations/permits/ports.ts'
import type { PermitAsk } from '../operations/permits/standing-permits.ts'
import { givePermit, revokePermit } from '../operations/permits/standing-permits.ts'
import type { OnceOnly } from '../operations/ports.ts'
import type { ReaderPorts } from '../operations/previews/read-again.ts'
import type { CarriedOut } from '../operations/record/carry-out.ts'
import type { Seen } from '../operations/requests/ask-as-seen.ts'
import {
  askColleagueAsSeen,
  askQuestionAsSeen,
  findColleagues,
  foreseeQuestion,
} from '../operations/requests/ask-as-seen.ts'
import type { CommentAsk, DecisionAsk } from '../operations/requests/decide-request.ts'
import { commentDecision, decideRequest, foreseeDecision } from '../operations/requests/decide-request.ts'
import { revokeRequest } from '../operations/requests/end-request.ts'
import { findRequest, readRequest } from '../operations/requests/read-requests.ts'
import { pageOf } from './page-of.ts'

/** The stores that people's acts in a chat write to. */
export type Written = Pick<ShowingApiPorts, 'requests' | 'ledger'> & {
  permits: PermitStore
  standIns: StandInStore
  halts: HaltStore
}

type CorePorts = ShowingApiPorts &
  Written &
  ReaderPorts & {
    cards: Pick<CardStore, 'load'>
    bursts: BurstStore
    /** The stores, which start no write once `mayStart` returns false. */
    inTime(mayStart: () => boolean): Written
    targetRoles: readonly string[]
    refreshGroups(): Promise<void>
    /** The accounts that people have linked. Without it only the directory names a person for an account. */
    links?: Linking
  }

/** The linked person of an account, and a one-time address for linking it. */
export type Linking = {
  find(account: ChatAccount): Promise<PersonId | undefined>
  offer(account: ChatAccount): Promise<string>
}

type MayStart = () => boolean
export type RevokeAsk = Parameters<typeof revokeRequest>[0]

export type ChannelCore = ReturnType<typeof channelCore>

/**
 * The operations of the API for people in any chat, within its short timeout. An operation with `mayStart` starts no
 * transaction after that returns false.
 */
export function channelCore(ports: CorePorts) {
  const { issuer, policy, clock, log, requests, bursts, cards, reader } = ports
  const shown = showing(ports)
  const timely = (mayStart: () => boolean) => ({ ...ports, ...ports.inTime(mayStart) })
  const { refreshGroups, links } = ports
  const found = <T>(answer: Result<T, string>): T | undefined => (answer.ok ? answer.value : undefined)
  return {
    ...{ refreshGroups, log, ...(links && { links }) },
    get bundle() {
      return policy.bundle
    },
    page: pageOf(issuer),
    list: `${issuer}/decide`,
    haltsPage: `${issuer}/halts`,
    askPage: `${issuer}/ask`,
    permitsPage: `${issuer}/permits`,
    standInsPage: `${issuer}/stand-ins`,
    now: () => clock.now(),
    decide: (ask: DecisionAsk, mayStart: MayStart) => decideRequest(ask, { ...timely(mayStart), reader }),
    foresee: (ask: DecisionAsk) => foreseeDecision(ask, shown),
    foreseeQuestion: (ask: Seen) => foreseeQuestion(ask, shown),
    askQuestion: (ask: Parameters<typeof askQuestionAsSeen>[0], mayStart: MayStart) =>
      askQuestionAsSeen(ask, timely(mayStart)),
    colleagues: (state: ApprovalRequest, person: PersonId) => findColleagues(state, person, ports),
    askColleague: (ask: Parameters<typeof askColleagueAsSeen>[0], mayStart: MayStart) =>
      askColleagueAsSeen(ask, timely(mayStart)),
    comment: (ask: CommentAsk, mayStart: MayStart) => commentDecision(ask, timely(mayStart)),
    /** The digest of the card on record for this message, if there is one. */
    seen: (place: CardPlace) => findSeen(place, cards),
    decideAll: (ask: BurstAsk, mayStart: MayStart) => acceptBurst(ask, { ...timely(mayStart), bursts, reader }),
    allowMore: (ask: PermitAsk, mayStart: MayStart) => givePermit(ask, timely(mayStart)),
    revokePermit: (ask: Parameters<typeof revokePermit>[0], mayStart: MayStart) => revokePermit(ask, timely(mayStart)),
    overview: (person: PersonId) => readOverview(person, shown),
    /** Undefined if policy does not let the person read. */
    halts: async (person: PersonId) => found(await viewHalts({ person }, ports)),
    declareHalt: (ask: Parameters<typeof declareHalt>[0], mayStart: MayStart) => declareHalt(ask, timely(mayStart)),
    liftHalt: (ask: Parameters<typeof liftHalt>[0], mayStart: MayStart) => liftHalt(ask, timely(mayStart)),
    find: (ask: Parameters<typeof findRequest>[0]) => findRequest(ask, ports),
    read: (ask: Parameters<typeof readRequest>[0]) => readRequest(ask, shown),
    revoke: async (ask: RevokeAsk, mayStart: MayStart) =>
      withTextsOf(await revokeRequest(ask, timely(mayStart)), ports),
    /** Stores a one-time key in its own transaction; false if it exists. */
    putOnce: (once: OnceOnly) => requests.putOnce(once),
    endStandIn: (ask: Parameters<typeof endStandIn>[0], mayStart: MayStart) => endStandIn(ask, timely(mayStart)),
    mayOpen: async (person: PersonId) => mayOpen(person, ports, await readReadings(ports)),
    prepareOpening: async (ask: ForeseenAsk, mayStart: MayStart) => {
      const world = { secrets: new SystemSecrets(), incidents: new PatternIncidents() }
      const prepared = await prepareOpening(ask, { ...timely(mayStart), ...world })
      return prepared.ok ? ok(`${issuer}/break-glass/open/${prepared.value.code}`) : prepared
    },
    openings: (person: PersonId) => listBreakGlass(person, shown),
    endOpening: async (ask: Parameters<typeof endBreakGlass>[0], mayStart: MayStart) =>
      withTextsOf(await endBreakGlass(ask, timely(mayStart)), ports),
    foreseeReview: (ask: Parameters<typeof foreseeReview>[0]) => foreseeReview(ask, shown),
    review: (ask: ReviewAsk, mayStart: MayStart) => reviewBreakGlass(ask, timely(mayStart)),
  }
}

async function withTextsOf<D extends CarriedOut>(done: D, { texts }: Pick<CorePorts, 'texts'>): Promise<D> {
  if (!done.ok) return done
  return { ...done, value: { ...done.value, state: await joinRequest(done.value.state, texts) } }
}
