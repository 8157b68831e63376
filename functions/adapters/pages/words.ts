import { type Sentence, unquoted } from '../../domain/cards/request-words.ts'
import { rfc3339 } from '../../domain/ledger/ledger.ts'
import { weakStandIn } from '../../domain/people/login-strength.ts'
import type { Bundle } from '../../domain/policy/bundle.ts'
import type { Refusal } from '../../domain/refusals.ts'
import { duration, type NumericDate } from '../../domain/values.ts'
import { type Html, html } from './layout.ts'

/** The same, as exactly as anybody needs it from here: `1 h 30 min`, not the seconds of it. */
const about = (seconds: number): string =>
  duration(seconds < 120 ? seconds : seconds < 86_400 ? seconds - (seconds % 60) : seconds - (seconds % 3600))

const written = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'UTC',
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
})

/** A time for readers everywhere, who run no script that would know their zone: in UTC, and how long from now. */
export function time(at: NumericDate, now: NumericDate): Html {
  const away = at === now ? 'now' : at > now ? `in ${about(at - now)}` : `${about(now - at)} ago`
  return html`<time datetime="${rfc3339(at)}">${written.format(new Date(at * 1000))} UTC</time> (${away})`
}

/** A sentence of the domain: values in code, and what a person said in quotes that it cannot close. */
export const drawn = (sentence: Sentence, now: NumericDate): readonly (Html | string)[] =>
  sentence.map((part) => {
    if (typeof part === 'string') return part
    if ('bold' in part) return html`<strong>${part.bold}</strong>`
    if ('value' in part) return html`<code>${part.value}</code>`
    return 'time' in part ? time(part.time, now) : `“${unquoted(part.said)}”`
  })

const clock = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'UTC',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
})

/** A time among others of the same hour: to the second, in UTC; the whole of it for machines. */
export const moment = (at: NumericDate): Html =>
  html`<time datetime="${rfc3339(at)}">${clock.format(new Date(at * 1000))} UTC</time>`

export const count = (number: number, one: string, many = `${one}s`): string => `${number} ${number === 1 ? one : many}`

/** What of the bundle a page needs. */
export type PageBundle = Pick<Bundle, 'actions' | 'agents' | 'directory' | 'ladder' | 'breakGlass' | 'deployment'>

type Words = { [code in Refusal]?: string }

/** What came of a form, to whoever sent it: what is so, and what is next. The page below shows the request as it is. */
const told: Words = {
  not_eligible: 'You are not among those who may decide this request, so nothing was recorded but that you tried.',
  self_approval: 'The agent that asks is yours, so somebody else must decide; nothing was recorded but that you tried.',
  already_decided: 'You have approved this request before, and nobody counts twice; nothing has changed.',
  already_settled: 'It was too late: the request is settled, as this page shows. Nothing has changed.',
  stage_not_open: 'It is the turn of another stage than yours, though you can deny at any time. Nothing has changed.',
  stage_over: 'Your stage has all its approvals already, so yours was not needed. You can still deny it.',
  stale_digest:
    'What you looked at is not what is on record now, so your decision was not counted. Read this page and decide again.',
  stale_round:
    'The request has changed since you looked, so your decision was not counted. Read this page and decide again.',
  insufficient_login:
    'The login was not strong or not new enough for this stage, so nothing was recorded. Log in again as the stage asks.',
  comment_required: 'An approval at this stage must say why; write a comment and approve again.',
  not_narrower: 'That is not less than what was asked for, so nothing has changed.',
  narrowed_too_often: 'It has been narrowed three times, which is the most. Approve it as it is, or deny it.',
  invalid_arguments: 'What you left is not something that the action takes, so nothing has changed.',
  no_eligible_approvers:
    'Too few people could decide what would be left, so nothing has changed. Approve it as it is, or deny it and say what would do.',
  policy_denied: 'Policy does not permit that, so nothing has changed.',
  policy_error: 'Policy could not be asked, and so the answer is no. Tell whoever runs Hotwork.',
  halted: 'It was stopped by a halt, for good. A new request is needed once the halt is lifted.',
  ancestor_ended: 'What it was delegated from has ended, and this with it.',
  revoked: 'What its approval came from has ended, and this with it.',
  not_permitted: 'Policy does not let you do this, so nothing was recorded but that you tried.',
  replayed: 'This form had arrived before and counts once.',
}

const standInTooWeak = `Nothing was recorded: ${weakStandIn}. The person you stand in for can end it and name you again through the API with a stronger login. You can deny.`

export const whatCameOf = (code: Refusal, detail?: string): string =>
  detail === weakStandIn
    ? standInTooWeak
    : `${told[code] ?? 'This cannot be done now, and nothing has changed.'}${
        detail !== undefined && saysMore.has(code) ? ` ${sentence(detail)}` : ''
      }`

/** Where the detail is a sentence for people, that names what is wrong. */
const saysMore = new Set<Refusal>(['not_narrower', 'invalid_arguments'])
const sentence = (text: string): string => `It was: ${text.replaceAll('`', '')}.`

/** Why somebody is offered no way to approve an open request. */
const offered: Words = {
  // A page logs in as the stage asks, so what is lacking is the login of the person who is away.
  insufficient_login: standInTooWeak,
  not_eligible: 'You are not among those whom policy lets decide this request, so there is nothing for you to do here.',
  self_approval: 'The agent that asks is yours, so somebody else must decide it.',
  already_decided: 'You have approved it, and nobody counts twice. It waits for others.',
  stage_not_open: 'It is the turn of another stage than yours. You can deny it at any time.',
  stage_over: 'Your stage has all its approvals already. You can still deny it.',
  halted: 'A halt covers it: it can only end.',
  ancestor_ended: 'What it was delegated from has ended: it can only end.',
}

export const whyNobody = (code: Refusal): string => offered[code] ?? whatCameOf(code)
