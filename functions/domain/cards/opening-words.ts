// Rules: test/channels/slack/cards/opening-card.test.ts
import { IssuedKind, isSession, wordsOfIssued } from '../../targets/kinds.ts'
import { clamp, inert } from '../inert.ts'
import { duration } from '../values.ts'
import type { OpeningStatus, OpeningView } from './opening-view.ts'
import { titleParts } from './request-words.ts'
import type { Sentence } from './sentence.ts'
import { nameOf, type Who } from './who.ts'

/** The sentences of an opening that are the same in every channel, as `request-words.ts` has those of a request. */

/** The mark on every text about a drill, so that it is never taken for an emergency. */
export const drillMark = 'DRILL'

const headlines: { readonly [progress in OpeningStatus]: string } = {
  open: ' OPEN: no one approved this',
  review_due: ': to be reviewed',
  review_overdue: ': its review is OVERDUE',
  justified: ': reviewed, justified',
  not_justified: ': reviewed, NOT justified',
}

export function openingHeadline({ progress, sealed, drill }: OpeningView): string {
  const what = sealed ? 'SEALED ROLE USED' : progress === 'review_due' ? 'BREAK-GLASS ended' : 'BREAK-GLASS'
  const how = sealed && progress === 'open' ? ', outside Hotwork' : headlines[progress]
  return `${drill ? `${drillMark}: ` : ''}${what}${how}`
}

/** The person, the action or profile, and the environment. */
export const openingTitle = ({ person, title, sealed, environment }: OpeningView): Sentence =>
  sealed
    ? [{ bold: nameOf(person) }, ' took ', ...titleParts(title)]
    : [{ bold: nameOf(person) }, ' opened ', ...titleParts(title), ' in ', { bold: environment.toUpperCase() }]

/** The meaning of a drill for its reader; undefined for a real opening. */
export function drillSentence({ drill, progress }: OpeningView): string | undefined {
  if (!drill) return undefined
  return progress === 'open'
    ? 'nothing is broken, and its credentials can do nothing. Do what you would do in an emergency.'
    : 'nothing was broken, and its credentials could do nothing.'
}

/** The present state and its end; or when and how it ended, and the person who ended it. The reason is in `whyEnded`. */
export function openingNow(view: OpeningView): Sentence {
  const { status, sealed, until, submittedAt, person, ended } = view
  const at = { time: ended?.at ?? until }
  const after = `, ${duration(Math.max(1, at.time - submittedAt))} after it was opened.`
  switch (status) {
    case 'approved':
      return sealed
        ? [
            { bold: 'Its session may last until ' },
            { time: until },
            '. Hotwork did not open it and cannot end it: an administrator of the account can.',
          ]
        : [
            { bold: 'Open until ' },
            { time: until },
            `: ${duration(until - submittedAt)} from `,
            { time: submittedAt },
            '. It then ends by itself; nothing makes it longer.',
          ]
    case 'completed':
      return [{ bold: 'Ended early' }, ` by ${nameOf(person)} at `, at, after]
    case 'revoked':
      return isClosed(view)
        ? [{ bold: 'Ended early' }, ' because its incident was closed, at ', at, after]
        : [{ bold: 'Ended early' }, ` by ${ended ? nameOf(ended.by) : ''} at `, at, after]
    case 'expired':
      return sealed
        ? [{ bold: 'Its longest session ended' }, ' at ', at, '.']
        : [{ bold: 'Ended by itself' }, ' at ', at, after]
    default:
      // An opening is approved from the start, so it has no other status.
      return [`It is ${status}.`]
  }
}

const isClosed = ({ ended, incident }: OpeningView): boolean =>
  ended?.by.id === 'system' && ended.reason === `incident ${incident} was closed`

/** The card's button asks for no reason, and records this text. */
const noReason = 'ended early'

export function whyEnded(view: OpeningView): string | undefined {
  const reason = (view.status === 'revoked' ? (view.ended?.reason ?? '') : '').trim()
  return ['', noReason].includes(reason) || isClosed(view) ? undefined : inert(reason)
}

export function reviewNow({ review }: OpeningView): Sentence {
  if (!review) return []
  const { done, dueAt, overdueAt } = review
  if (done)
    return [
      { bold: 'Reviewed' },
      ` by ${nameOf(done.by)} at `,
      { time: done.at },
      done.outcome === 'justified' ? ': justified.' : ': not justified.',
    ]
  return overdueAt === undefined
    ? [{ bold: 'A review is due' }, ' by ', { time: dueAt }, '.']
    : [
        { bold: 'Its review is overdue' },
        ' since ',
        { time: dueAt },
        '. Until it is done, the next opening by this person or of this profile needs a second person.',
      ]
}

export function reviewNote({ review }: OpeningView): string | undefined {
  const note = (review?.done?.note ?? '').trim()
  return note === '' ? undefined : inert(note)
}

/** Each action with one resource that it is open on. */
export const openedRights = ({
  rights,
}: Pick<OpeningView, 'rights'>): readonly { action: string; resource: string }[] =>
  rights.flatMap(({ action, resources }) => resources.map((resource) => ({ action, resource: inert(resource) })))

/** The uses that Hotwork knows of. Calls with AWS credentials are in CloudTrail. */
export const doneSentences = (view: OpeningView, most: number): readonly Sentence[] => [
  ...credentialSentences(view),
  ...useSentences(view, most),
]

function credentialSentences({ sealed, about, grant }: OpeningView): readonly Sentence[] {
  if (sealed) return [['Hotwork issued nothing: the role was taken in AWS itself.']]
  const credentials = about?.credentials
  if (credentials === undefined)
    return [
      [
        grant?.claimedAt === undefined
          ? 'No credential is known to have been issued.'
          : 'Credentials were issued; how many is in the record.',
      ],
    ]
  if (credentials.length === 0) return [['No credential was issued: nothing was done with it through Hotwork.']]
  return IssuedKind.options.flatMap((claim): Sentence[] => {
    const what = claim === 'access_token' ? 'Access tokens' : wordsOfIssued(claim)
    const of = credentials.filter((each) => each.claim === claim)
    const [first, last] = [of[0], of.at(-1)]
    if (!first || !last) return []
    return [
      of.length === 1
        ? [`${what} issued once, at `, { time: first.issuedAt }]
        : [`${what} issued ${of.length} times, from `, { time: first.issuedAt }, ' to ', { time: last.issuedAt }],
    ]
  })
}

/** Whether a target's own credentials were ever issued. */
export const tookSession = ({ grant }: OpeningView): boolean => grant?.uses.some(isSession) ?? false

/** Each use and its outcome. Calls with AWS credentials are not counted one by one. */
export function useSentences({ grant }: OpeningView, most: number): readonly Sentence[] {
  const uses = (grant?.uses ?? []).filter((each) => !isSession(each))
  const more = uses.length - most
  return [
    ...uses
      .slice(0, most)
      .map(
        ({ tool, begunAt, endedAt, outcome }): Sentence => [
          'Used on ',
          { value: inert(tool) },
          ' at ',
          { time: begunAt },
          ...(endedAt === undefined ? [': how it went was not reported'] : [`: ${outcome}, at `, { time: endedAt }]),
        ],
      ),
    ...(more > 0 ? [[`and ${more} more uses`]] : []),
  ]
}

/** The place of the record of the calls to AWS; empty without calls. */
export function callsSentence(view: OpeningView): Sentence {
  const { sealed, id } = view
  if (sealed) return ['Each call is in CloudTrail of that account, under the session of that role.']
  return tookSession(view)
    ? ['Each call that AWS credentials made is in CloudTrail, under the session name ', { value: id }, '.']
    : []
}

/** The people who were not asked, the reviewers, and the way to end it. At most `most` people are named. */
export function whoSentences(view: OpeningView, most: number): readonly Sentence[] {
  const { about, person, id, sealed, vouchedBy, progress, review } = view
  if (!about) return []
  const isOpen = progress === 'open'
  return [
    ...(isOpen && !sealed
      ? [
          [
            { bold: 'To end it: ' },
            `“${endLabel(view)}”, for ${nameOf(person)} and the people who may revoke; or `,
            { value: `npx --no-install hotwork break-glass end ${id}` },
          ] satisfies Sentence,
        ]
      : []),
    ...(sealed ? [] : [skippedSentence(about.skipped, isOpen, most)]),
    ...(vouchedBy === undefined ? [] : [[`${nameOf(vouchedBy)} vouched for it, and does not review it`]]),
    ...(review && !review.done ? [reviewersSentence(about.reviewers, review.dueAt, isOpen, most)] : []),
    ...(isOpen && about.left !== undefined && !sealed
      ? [[`Break-glass minutes left in these seven days: ${duration(Math.floor(about.left / 60) * 60) || 'none'}`]]
      : []),
  ]
}

/** The label of the button that ends it. */
export const endLabel = ({ drill }: Pick<OpeningView, 'drill'>): string => (drill ? 'End the drill now' : 'End now')

function skippedSentence(
  { count, atLeast, told, untold }: NonNullable<OpeningView['about']>['skipped'],
  isOpen: boolean,
  most: number,
): Sentence {
  if (count === 0) return ['No one was skipped: there is no person who could have approved it']
  const people = count === 1 ? 'person who could have approved it was' : 'people who could have approved it were'
  const many = { bold: `${atLeast ? 'At least ' : ''}${count} ${people} skipped` }
  if (told >= count && !atLeast) return [many, ' and told directly']
  const others = untold.length === 0 ? 'the others' : names(untold, most, 'and')
  return [
    many,
    isOpen ? `; ${told} of them are told directly. Please tell ${others}` : `; ${told} of them were told directly`,
  ]
}

function reviewersSentence(reviewers: readonly Who[], dueAt: number, isOpen: boolean, most: number): Sentence {
  const due = { time: dueAt }
  if (reviewers.length === 0)
    return [{ bold: 'No one may review it: ' }, 'the policy folder must let a person do so before ', due]
  const who = names(reviewers, most, 'or')
  return isOpen ? [`Once it has ended, to be reviewed by ${who}, before `, due] : [`May review it: ${who}`]
}

function names(people: readonly Who[], most: number, joined: string): string {
  const more = people.length - most
  const shown = people.slice(0, most).map(nameOf).join(', ')
  return clamp(`${shown}${more > 0 ? ` ${joined} ${more} more` : ''}`, 2_000).text
}

/** The text of a notification. A chat may read markup in it, so it contains no text of others. */
export const openingText = (view: OpeningView, status: string): string =>
  `${status}. ${view.person.id}: ${view.profile ?? view.action} in ${view.environment}. ${view.id} ${view.digest.slice(0, 24)}`
