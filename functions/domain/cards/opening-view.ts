// Rules: test/channels/slack/cards/opening-view.test.ts
import { profileNamed } from '../break-glass/break-glass.ts'
import { filledFor } from '../break-glass/rights.ts'
import type { IssuedCredential } from '../credentials/issue.ts'
import { endedAt, openUntil } from '../record/ended.ts'
import type { Opening, OpenRight, Review } from '../record/opening.ts'
import { openingOf } from '../record/origin.ts'
import { type ApprovalRequest, keyOf } from '../record/request.ts'
import { defined, type NumericDate, type PersonId } from '../values.ts'
import { describeRequest, type RequestView, type ViewFacts } from './request-view.ts'
import { type Who, whoIs } from './who.ts'

/** The state of an opening: in force, or ended and at this point of its review. */
export type OpeningStatus = 'open' | 'review_due' | 'review_overdue' | 'justified' | 'not_justified'

/** The facts of the card beside the opening itself. */
export type AboutOpening = {
  /**
   * The people who could have approved it and were not asked: their number, the number told directly, and those not
   * told.
   */
  skipped: { count: number; atLeast: boolean; told: number; untold?: readonly PersonId[] }
  /** The people who may review it; none once it is reviewed. */
  reviewers: readonly PersonId[]
  /** The time left in the budget of these seven days; absent after the end or if unknown. Seconds. */
  left?: number
  /** Every credential issued under it; present after its end, if the record could be read. */
  credentials?: readonly IssuedCredential[]
}

type Shared =
  | 'id'
  | 'digest'
  | 'title'
  | 'action'
  | 'resource'
  | 'environment'
  | 'classification'
  | 'arguments'
  | 'unpinned'
  | 'submittedAt'
  | 'status'
  | 'ended'

/** An opening as people see it, as values: the `RequestView` of openings. */
export type OpeningView = Pick<RequestView, Shared> &
  Pick<Opening, 'profile' | 'reason' | 'incident' | 'drill' | 'window'> & {
    progress: OpeningStatus
    person: Who
    /** Each action with the resources that it is open on, as the deployment names them. */
    rights: readonly OpenRight[]
    credential: ApprovalRequest['ask']['credential']
    /** The role was assumed in AWS itself, while Hotwork was down. */
    sealed: boolean
    vouchedBy?: Who
    /** Its latest end. */
    until: NumericDate
    review?: Omit<Review, 'done'> & { done?: Omit<NonNullable<Review['done']>, 'by'> & { by: Who } }
    grant?: NonNullable<RequestView['grant']>
    /** True if a key has claimed it: without a key there is no credential. */
    hasKey: boolean
    about?: {
      skipped: Omit<AboutOpening['skipped'], 'untold'> & { untold: readonly Who[] }
      reviewers: readonly Who[]
    } & Pick<AboutOpening, 'left' | 'credentials'>
  }

export function describeOpening(state: ApprovalRequest, facts: ViewFacts, about?: AboutOpening): OpeningView {
  const { ask } = state
  const opening = openingOf(ask)
  if (!opening) throw new TypeError(`\`${ask.id}\` is not a break-glass`)
  const view = describeRequest(state, facts)
  const { id, digest, action, resource, environment, classification, unpinned, submittedAt, status } = view
  return {
    ...{ id, digest, action, resource, environment, classification, unpinned, submittedAt, status },
    arguments: ask.arguments,
    title: titleOf(view, opening, facts),
    reason: opening.reason,
    incident: opening.incident,
    drill: opening.drill,
    window: opening.window,
    progress: progressOf(state),
    person: view.agent.owner,
    rights: filledRights(opening.rights, facts),
    credential: ask.credential,
    sealed: opening.sealed === true,
    until: openUntil(state),
    hasKey: keyOf(state) !== undefined,
    ...defined({
      profile: opening.profile,
      vouchedBy: opening.secondedBy === undefined ? undefined : whoIs(facts, opening.secondedBy),
      ended: view.ended,
      grant: view.grant,
      review: reviewOf(state, facts),
      about: about && aboutWho(about, facts),
    }),
  }
}

/** Rights with the names of the deployment's accounts and Regions filled in. */
export const filledRights = (rights: readonly OpenRight[], facts: ViewFacts): readonly OpenRight[] =>
  rights.map(({ action, resources }) => ({
    action,
    resources: resources.map((each) => filledFor(action, each, facts)),
  }))

function progressOf(state: ApprovalRequest): OpeningStatus {
  if (endedAt(state) === undefined) return 'open'
  const { done, overdueAt } = state.review ?? {}
  if (done) return done.outcome
  return overdueAt === undefined ? 'review_due' : 'review_overdue'
}

function titleOf(view: RequestView, { sealed, profile }: Opening, facts: ViewFacts): RequestView['title'] {
  if (sealed)
    return [
      { text: 'the sealed role ', isValue: false },
      { text: view.resource.id, isValue: true },
    ]
  if (profile === undefined) return view.title
  const title = profileNamed(facts, profile)?.title ?? profile
  return [{ text: `“${title.replace(/[“”„‟]/g, "'")}”`, isValue: false }]
}

function reviewOf({ review }: ApprovalRequest, facts: ViewFacts): OpeningView['review'] {
  if (!review) return undefined
  const { done, ...due } = review
  return { ...due, ...defined({ done: done && { ...done, by: whoIs(facts, done.by) } }) }
}

const aboutWho = ({ skipped, reviewers, ...more }: AboutOpening, facts: ViewFacts): OpeningView['about'] => ({
  ...more,
  skipped: { ...skipped, untold: (skipped.untold ?? []).map((person) => whoIs(facts, person)) },
  reviewers: reviewers.map((person) => whoIs(facts, person)),
})
