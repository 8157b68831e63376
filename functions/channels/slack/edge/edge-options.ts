import type { OpeningRules } from '../../../domain/break-glass/break-glass.ts'
import type { Halt, NewHalt } from '../../../domain/halts/halt.ts'
import type { Login } from '../../../domain/people/login-strength.ts'
import type { Person } from '../../../domain/people/organisation.ts'
import type { StandIn } from '../../../domain/people/stand-in.ts'
import type { StandingPermit } from '../../../domain/permits/permit.ts'
import type { Bundle, Chat } from '../../../domain/policy/bundle.ts'
import type { ApprovalRequest } from '../../../domain/record/request.ts'
import type { Refusal } from '../../../domain/refusals.ts'
import type {
  Digest,
  HaltId,
  NumericDate,
  PersonId,
  RequestId,
  Result,
  StandInId,
  StandingPermitId,
} from '../../../domain/values.ts'
import type { ForeseenAsk } from '../../../operations/break-glass/open-break-glass.ts'
import type { ReviewAsk } from '../../../operations/break-glass/openings.ts'
import type { Openable } from '../../../operations/break-glass/what-to-open.ts'
import type { Accepted, BurstAsk } from '../../../operations/cards/decide-burst.ts'
import type { Overview } from '../../../operations/cards/read-overview.ts'
import type { CardPlace } from '../../../operations/cards/show-card.ts'
import type { ViewedHalts } from '../../../operations/halts/view-halts.ts'
import type { PermitAsk } from '../../../operations/permits/standing-permits.ts'
import type { Log, OnceOnly } from '../../../operations/ports.ts'
import type { CarriedOut } from '../../../operations/record/carry-out.ts'
import type { Askable, OnBehalf, OnBehalfAsk } from '../../../operations/requests/ask-on-behalf.ts'
import type { CommentAsk, DecisionAsk, Foreseen } from '../../../operations/requests/decide-request.ts'
import type { NotFound } from '../../../operations/requests/read-requests.ts'
import type { Modal } from '../forms/modal-blocks.ts'
import type { Home } from '../home/home-view.ts'
import type { SendEphemeral } from './answers.ts'
import type { Linking } from './click.ts'
import type { SigningSecrets } from './guard.ts'

/** What Slack's door needs from the world. What takes `mayStart` starts no transaction once that says no. */
export type EdgeOptions = {
  bundle: Pick<Bundle, 'directory' | 'deployment' | 'actions' | 'agents' | 'ladder'> & OpeningRules
  /** The workspace that it is the door of: all that comes in is about this one alone. */
  chat: Chat & { alias: string }
  secrets(): Promise<SigningSecrets>
  decide(ask: DecisionAsk, mayStart: () => boolean): Promise<CarriedOut>
  foresee(ask: DecisionAsk): Promise<Foreseen>
  comment(ask: CommentAsk, mayStart: () => boolean): Promise<CarriedOut>
  /** The digest of the card that is on record for this very message, if one is. */
  seen(place: CardPlace): Promise<Digest | undefined>
  openModal(trigger: string, modal: Modal): Promise<void>
  page(request: RequestId): string
  list: string
  haltsPage: string
  overview(person: PersonId): Promise<Overview>
  /** The agents that a person answers for and may ask on behalf of, and what there is to ask. */
  askable(person: PersonId): Askable
  askOnBehalf(ask: OnBehalfAsk, mayStart: () => boolean): Promise<Result<OnBehalf, Refusal>>
  /** Nothing where policy does not let the person read. */
  halts(person: PersonId): Promise<ViewedHalts | undefined>
  declareHalt(
    ask: NewHalt & { person: PersonId; idempotencyKey: string },
    mayStart: () => boolean,
  ): Promise<Result<Halt, Refusal>>
  liftHalt(ask: { id: HaltId; person: PersonId }, mayStart: () => boolean): Promise<Result<Halt, Refusal>>
  find(ask: { given: string; person: PersonId }): Promise<Result<RequestId, NotFound>>
  read(ask: { id: RequestId; person: PersonId }): Promise<Result<ApprovalRequest, 'not_permitted' | 'unknown_request'>>
  revoke(ask: RevokeAsk, mayStart: () => boolean): Promise<CarriedOut>
  endOpening(ask: { id: RequestId; person: PersonId; once: OnceOnly }, mayStart: () => boolean): Promise<CarriedOut>
  foreseeReview(ask: { id: RequestId; person: PersonId }): Promise<Foreseen>
  review(ask: ReviewAsk, mayStart: () => boolean): Promise<CarriedOut>
  decideAll(ask: BurstAsk, mayStart: () => boolean): Promise<Accepted>
  allowMore(ask: PermitAsk, mayStart: () => boolean): Promise<Result<StandingPermit, Refusal>>
  revokePermit(
    ask: { id: StandingPermitId; person: PersonId; reason: string },
    mayStart: () => boolean,
  ): Promise<Result<StandingPermit, Refusal>>
  couldStandIn(person: PersonId): readonly Person[]
  giveStandIn(
    ask: { person: PersonId; by: PersonId; login: Login; until: NumericDate; from?: NumericDate },
    mayStart: () => boolean,
  ): Promise<Result<StandIn, Refusal>>
  endStandIn(ask: { id: StandInId; person: PersonId }, mayStart: () => boolean): Promise<Result<StandIn, Refusal>>
  mayOpen(person: PersonId): Promise<Openable | undefined>
  prepareOpening(ask: ForeseenAsk, mayStart: () => boolean): Promise<Result<string, Refusal>>
  openings(person: PersonId): Promise<readonly ApprovalRequest[] | undefined>
  /** Puts a once-only key alone; false when it was there. */
  claim(once: OnceOnly): Promise<boolean>
  publishHome(user: string, home: Home): Promise<void>
  refreshGroups(): Promise<void>
  /** The accounts that people have linked themselves. Without it, only the directory says whose an account is. */
  links?: Linking
  sendEphemeral: SendEphemeral
  /** Whole seconds. */
  now(): number
  /** Milliseconds, for one delivery; it only goes forward. Absent: real time. */
  stopwatch?(): number
  log: Log
}

export type RevokeAsk = { id: RequestId; person: PersonId; reason: string; once?: OnceOnly }
