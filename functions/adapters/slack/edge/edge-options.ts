import type { Login } from '../../../domain/people/login-strength.ts'
import type { Person } from '../../../domain/people/organisation.ts'
import type { StandIn } from '../../../domain/people/stand-in.ts'
import type { StandingPermit } from '../../../domain/permits/permit.ts'
import type { Bundle } from '../../../domain/policy/bundle.ts'
import type { Refusal } from '../../../domain/refusals.ts'
import type { ApprovalRequest } from '../../../domain/requests/request.ts'
import type {
  Digest,
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
import type { PermitAsk } from '../../../operations/permits/standing-permits.ts'
import type { Log, OnceOnly } from '../../../operations/ports.ts'
import type { CarriedOut } from '../../../operations/requests/carry-out.ts'
import type { CommentAsk, DecisionAsk, Foreseen } from '../../../operations/requests/decide-request.ts'
import type { NotFound } from '../../../operations/requests/read-requests.ts'
import type { Modal } from '../forms/modal-blocks.ts'
import type { Home } from '../home/home-view.ts'
import type { SendEphemeral } from './answers.ts'
import type { Linking } from './click.ts'
import type { SigningSecrets } from './guard.ts'

/** What Slack's door needs from the world. What takes `mayStart` starts no transaction once that says no. */
export type EdgeOptions = {
  bundle: Pick<Bundle, 'directory' | 'deployment' | 'actions' | 'agents' | 'ladder' | 'breakGlass'>
  /** The signing secrets that are good now. */
  secrets(): Promise<SigningSecrets>
  decide(ask: DecisionAsk, mayStart: () => boolean): Promise<CarriedOut>
  /** What a decision would come to; nothing is recorded. */
  foresee(ask: DecisionAsk): Promise<Foreseen>
  /** Adds to a person's decision why they made it. */
  comment(ask: CommentAsk, mayStart: () => boolean): Promise<CarriedOut>
  /** The digest of the card that is on record for this very message, if one is. */
  seen(place: CardPlace): Promise<Digest | undefined>
  /** Shows a form to the person who acted, by the trigger that came with it, which is good for three seconds. */
  openModal(trigger: string, modal: Modal): Promise<void>
  /** The page on which a request can be read in full and decided with a stronger login. */
  page(request: RequestId): string
  /** The address of the page that lists what waits for a person. */
  list: string
  /** What concerns a person now. */
  overview(person: PersonId): Promise<Overview>
  /** Which request is meant by an id, or by how one begins. */
  find(given: string): Promise<Result<RequestId, NotFound>>
  /** A request as it is now, if policy lets this person read. */
  read(ask: { id: RequestId; person: PersonId }): Promise<Result<ApprovalRequest, 'not_permitted' | 'unknown_request'>>
  /** Ends a live grant, or denies what is pending, if policy lets this person. */
  revoke(ask: RevokeAsk, mayStart: () => boolean): Promise<CarriedOut>
  /** Ends what this person opened, or may revoke. */
  endOpening(ask: { id: RequestId; person: PersonId; once: OnceOnly }, mayStart: () => boolean): Promise<CarriedOut>
  /** What a review of it by this person would come to; nothing is recorded. */
  foreseeReview(ask: { id: RequestId; person: PersonId }): Promise<Foreseen>
  /** Another person says whether it was justified. */
  review(ask: ReviewAsk, mayStart: () => boolean): Promise<CarriedOut>
  /** Takes one click for all of a list. */
  decideAll(ask: BurstAsk, mayStart: () => boolean): Promise<Accepted>
  /** Allows more of what this person approved, if policy lets them. */
  allowMore(ask: PermitAsk, mayStart: () => boolean): Promise<Result<StandingPermit, Refusal>>
  /** Takes a standing permit back, if this person gave it or may revoke. */
  revokePermit(
    ask: { id: StandingPermitId; person: PersonId; reason: string },
    mayStart: () => boolean,
  ): Promise<Result<StandingPermit, Refusal>>
  /** The people that policy lets decide for this person. */
  couldStandIn(person: PersonId): readonly Person[]
  /** Names the person who decides for another while they are away. */
  giveStandIn(
    ask: { person: PersonId; by: PersonId; login: Login; until: NumericDate; from?: NumericDate },
    mayStart: () => boolean,
  ): Promise<Result<StandIn, Refusal>>
  /** Ends that before its time: either of the two, or a person who may revoke. */
  endStandIn(ask: { id: StandInId; person: PersonId }, mayStart: () => boolean): Promise<Result<StandIn, Refusal>>
  /** What this person may open; undefined where the deployment has no break-glass. */
  mayOpen(person: PersonId): Openable | undefined
  /** Records what a person would open, and gives the address at which they can, with a login. */
  prepareOpening(ask: ForeseenAsk, mayStart: () => boolean): Promise<Result<string, Refusal>>
  /** What was opened lately, if policy lets this person read. */
  openings(person: PersonId): Promise<readonly ApprovalRequest[] | undefined>
  /** Puts a once-only key alone; false when it was there. */
  claim(once: OnceOnly): Promise<boolean>
  /** Draws the tab that one Slack user sees. */
  publishHome(user: string, home: Home): Promise<void>
  /** Asks Slack who is in the user groups that the directory names. */
  refreshGroups(): Promise<boolean>
  /** The accounts that people have linked themselves. Without it, only the directory says whose an account is. */
  links?: Linking
  sendEphemeral: SendEphemeral
  /** Whole seconds. */
  now(): number
  log: Log
}

export type RevokeAsk = { id: RequestId; person: PersonId; reason: string; once?: OnceOnly }
