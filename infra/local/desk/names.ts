import { Html, html } from './html.ts'
import type { Roster } from './roster.ts'

/** How mentions are shown: ids become names, as Slack does on a reader's screen. */
export interface Names {
  user(id: string): Html
  channel(id: string): Html
  group(id: string): Html
  broadcast(range: string): Html
}

const mention = (label: string) => html`<span class="mention">${label}</span>`

export function namesOf(roster: Roster, app: { userId: string; name: string }): Names {
  return {
    user: (id) => {
      const name = id === app.userId ? app.name : roster.people.find(({ slackUserId }) => slackUserId === id)?.realName
      return mention(`@${name ?? id}`)
    },
    channel: (id) => mention(`#${roster.conversations.find((channel) => channel.id === id)?.name ?? id}`),
    group: (id) => mention(`@${roster.groups.find((group) => group.id === id)?.handle ?? id}`),
    broadcast: (range) => html`<span class="mention loud">@${range}</span>`,
  }
}

const pad = (number: number) => String(number).padStart(2, '0')
export const clockTime = (at: Date): string => `${pad(at.getHours())}:${pad(at.getMinutes())}`
const day = (at: Date, month: 'long' | 'short') =>
  at.toLocaleDateString('en-GB', { day: 'numeric', month, year: 'numeric' })

/** Slack's date tokens, in this machine's time zone. https://docs.slack.dev/messaging/formatting-message-text#date-formatting */
export function formatDate(timestamp: number, format: string): Html {
  const at = new Date(timestamp * 1_000)
  if (Number.isNaN(at.getTime())) return new Html('')
  const tokens: { [token: string]: string } = {
    date_num: `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`,
    date: day(at, 'long'),
    date_short: day(at, 'short'),
    date_long: `${at.toLocaleDateString('en-GB', { weekday: 'long' })}, ${day(at, 'long')}`,
    date_pretty: day(at, 'long'),
    date_short_pretty: day(at, 'short'),
    date_long_pretty: day(at, 'long'),
    time: clockTime(at),
    time_secs: `${clockTime(at)}:${pad(at.getSeconds())}`,
    ago: day(at, 'short'),
  }
  const text = format.replace(/\{(\w+)\}/g, (all, token: string) => tokens[token] ?? all)
  return html`<time datetime="${at.toISOString()}">${text}</time>`
}
