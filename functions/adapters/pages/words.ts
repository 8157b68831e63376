// Rules: test/http/pages.test.ts, test/http/step-up.test.ts
import { type Sentence, unquoted } from '../../domain/cards/sentence.ts'
import { type Refusal, sentencesOf } from '../../domain/refusals.ts'
import { duration, type NumericDate, rfc3339 } from '../../domain/values.ts'
import { type Html, html } from './html.ts'

/** A rough length of time for people: `1 h 30 min`, without seconds. */
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

/** A time and its distance from now: in UTC, which the page's script replaces by the reader's zone. */
export function time(at: NumericDate, now: NumericDate): Html {
  const away = at === now ? 'now' : at > now ? `in ${about(at - now)}` : `${about(now - at)} ago`
  return html`<time datetime="${rfc3339(at)}">${written.format(new Date(at * 1000))} UTC</time> (${away})`
}

/** A sentence of the domain: values in code, and people's words in quotes that they cannot close. */
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

const day = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', day: 'numeric', month: 'short', year: 'numeric' })

/** A clock time in UTC. */
export const clockOf = (at: NumericDate): string => clock.format(new Date(at * 1000))
export const dayOf = (at: NumericDate): string => day.format(new Date(at * 1000))

/** The time of one item among others of its hour, with seconds: in UTC, as above. */
export const clockTime = (at: NumericDate): Html => html`<time datetime="${rfc3339(at)}">${clockOf(at)} UTC</time>`

export const count = (number: number, one: string, many = `${one}s`): string => `${number} ${number === 1 ? one : many}`

/** The result of a refused form. The page below shows the present state. */
export const whatCameOf = (code: Refusal, detail?: string): string =>
  `${sentencesOf(code, detail)} Your form was not recorded.`
