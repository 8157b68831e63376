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
import type { ReviewAsk } from '../../../operations/break-glass/openings.ts'
import type { PrepareAsk } from '../../../operations/break-glass/prepare-opening.ts'
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

/** What Slack's door needs from the world. Each group of listeners takes of it what it uses. */
export type EdgeOptions = {
  bundle: Pick<Bundle, 'directory' | 'deployment' | 'actions' | 'agents' | 'ladder' | 'breakGlass'>
  /** The signing secrets that are good now. They are read before anything of the request is believed. */
  secrets(): Promise<SigningSecrets>
  /** Decides, and starts no transaction once `mayStart` says no. */
  decide(ask: DecisionAsk, mayStart: () => boolean): Promise<CarriedOut>
  /** What a decision would come to; nothing is recorded. */
  foresee(ask: DecisionAsk): Promise<Foreseen>
  /** Adds to a decision of one's own why it was made. */
  comment(ask: CommentAsk, mayStart: () => boolean): Promise<CarriedOut>
  /** The digest of the card that is on record for this very message, if one is. */
  seen(place: CardPlace): Promise<Digest | undefined>
  /** Shows a form to whoever acted, by the trigger that came with it, which is good for three seconds. */
  openModal(trigger: string, modal: Modal): Promise<void>
  /** The page on which a request can be read in full and decided with a stronger login. */
  page(request: RequestId): string
  /** The page that lists what waits for whoever is logged in. */
  list: string
  /** What concerns a person now, for their own eyes. */
  overview(person: PersonId): Promise<Overview>
  /** Which request is meant by an id, or by how one begins. */
  find(given: string): Promise<Result<RequestId, NotFound>>
  /** A request as it is now, if policy lets this person read. */
  read(ask: { id: RequestId; person: PersonId }): Promise<Result<ApprovalRequest, 'not_permitted' | 'unknown_request'>>
  /** Ends a live grant, or denies what is pending, if policy lets this person; starts no transaction once `mayStart` says no. */
  revoke(ask: RevokeAsk, mayStart: () => boolean): Promise<CarriedOut>
  /** Ends what was opened: by whoever did, or whom policy lets revoke. */
  endOpening(ask: { id: RequestId; person: PersonId; once: OnceOnly }, mayStart: () => boolean): Promise<CarriedOut>
  /** What a review of it by this person would come to; nothing is recorded. */
  foreseeReview(ask: { id: RequestId; person: PersonId }): Promise<Foreseen>
  /** Somebody else says whether it was justified; starts no transaction once `mayStart` says no. */
  review(ask: ReviewAsk, mayStart: () => boolean): Promise<CarriedOut>
  /** Takes one click for all of a list; starts no transaction once `mayStart` says no. */
  decideAll(ask: BurstAsk, mayStart: () => boolean): Promise<Accepted>
  /** Allows more of what a person approved, if policy lets them; starts no transaction once `mayStart` says no. */
  allowMore(ask: PermitAsk, mayStart: () => boolean): Promise<Result<StandingPermit, Refusal>>
  /** Takes a standing permit back, if they gave it or policy lets them revoke. */
  revokePermit(
    ask: { id: StandingPermitId; person: PersonId; reason: string },
    mayStart: () => boolean,
  ): Promise<Result<StandingPermit, Refusal>>
  /** Whom policy would let decide in this person's stead. */
  couldStandIn(person: PersonId): readonly Person[]
  /** Somebody names who decides in their own stead. */
  giveStandIn(
    ask: { person: PersonId; by: PersonId; login: Login; until: NumericDate; from?: NumericDate },
    mayStart: () => boolean,
  ): Promise<Result<StandIn, Refusal>>
  /** Ends that before its time: either of the two, or whoever may revoke. */
  endStandIn(ask: { id: StandInId; person: PersonId }, mayStart: () => boolean): Promise<Result<StandIn, Refusal>>
  /** What this person can be offered to open with break-glass; undefined where nobody can open anything. */
  mayOpen(person: PersonId): Openable | undefined
  /** Takes down what somebody would open, and gives the address at which they can, with a login. */
  prepareOpening(ask: PrepareAsk, mayStart: () => boolean): Promise<Result<string, Refusal>>
  /** What was opened lately and whose review is to be done, if policy lets this person read. */
  openings(person: PersonId): Promise<readonly ApprovalRequest[] | undefined>
  /** Puts a once-only key alone; false when it was there. */
  claim(once: OnceOnly): Promise<boolean>
  /** Draws the tab that one Slack user sees of Hotwork. */
  publishHome(user: string, home: Home): Promise<void>
  /** Asks Slack anew who is in the user groups that the directory names. */
  refreshGroups(): Promise<boolean>
  /** Whose accounts are that people have linked themselves. Without it only the directory says. */
  links?: Linking
  sendEphemeral: SendEphemeral
  /** Whole seconds. */
  now(): number
  log: Log
}

export type RevokeAsk = { id: RequestId; person: PersonId; reason: string; once?: OnceOnly }
