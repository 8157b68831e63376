import { createHash } from 'node:crypto'
import { Html, html } from './html.ts'
import type { Answer } from './http.ts'
import { pageScript } from './page-script.ts'
import { pageStyle } from './page-style.ts'
import type { DeskPerson } from './roster.ts'
import type { DeskState } from './state.ts'
import { actionablesOf } from './validate-blocks.ts'

export const appName = 'Hotwork'

/** Who looks at the page, and at which conversation: a channel's id, or `home` for the app's home tab. */
export interface Place {
  person: DeskPerson
  at: string
}

export const addressOf = ({ person, at }: Place): string =>
  `/?as=${encodeURIComponent(person.slackUserId)}&in=${encodeURIComponent(at)}`

const initials = (name: string) =>
  name
    .split(/\s+/)
    .slice(0, 2)
    .map((word) => word.slice(0, 1).toUpperCase())
    .join('')

/** A person's picture: initials, in a colour that is always the same for that person. */
export function avatar(person: DeskPerson | undefined): Html {
  if (!person) return html`<span class="avatar app" aria-hidden="true">Hw</span>`
  const tone = (createHash('sha256').update(person.slackUserId).digest()[0] ?? 0) % 8
  return html`<span class="avatar tone${tone}" aria-hidden="true">${initials(person.realName)}</span>`
}

const current = (is: boolean) => is && html` aria-current="true"`

/** Cards in the channel that wait for a person: those with a coloured button. A finished card may keep a plain one. */
const waiting = (state: DeskState, channel: string): number =>
  state.messages
    .in(channel)
    .filter(({ blocks }) =>
      blocks.flatMap(actionablesOf).some(({ type, style }) => type === 'button' && style !== undefined),
    ).length

function sidebar(state: DeskState, place: Place): Html {
  const { person } = place
  const direct = state.roster.directOf(person.slackUserId)
  const link = (at: string, mark: string, label: string) => {
    const count = at === 'home' ? 0 : waiting(state, at)
    return html`<li><a href="${addressOf({ person, at })}"${current(at === place.at)}><span class="hash" aria-hidden="true">${mark}</span>${label}${
      count > 0 && html`<span class="count"><span class="sr">open cards: </span>${count}</span>`
    }</a></li>`
  }
  const seat = (
    each: DeskPerson,
  ) => html`<li><a href="${addressOf({ person: each, at: place.at })}"${current(each === person)}>${avatar(each)}
    <span class="who"><span>${each.realName}</span>${each.groups.length > 0 && html`<small>${each.groups.join(', ')}</small>`}</span></a></li>`
  return html`<div class="top"><h1>Hotwork desk</h1><p class="sub">Slack on this machine</p></div>
    <input type="checkbox" id="menu" class="sr" aria-label="Channels and people"><label for="menu" class="menu">${avatar(person)} ${person.realName}</label>
    <div class="drawer">
    <h2>Channels</h2><ul>${state.roster.channels.map(({ id, name }) => link(id, '#', name))}</ul>
    <h2>${appName}</h2><ul>${link('home', '⌂', 'Home')}${direct && link(direct.id, '✉', 'Messages')}</ul>
    <h2>You are</h2><ul>${state.roster.people.map(seat)}</ul></div>`
}

/** A part of the page that the script replaces when its content has changed. */
export function livePart(tag: 'nav' | 'div', id: string, attributes: Html, content: Html): Html {
  const fingerprint = createHash('sha256').update(content.markup).digest('base64url').slice(0, 16)
  return html`${new Html(`<${tag}`)} id="${id}" data-state="${fingerprint}"${attributes}>${content}${new Html(`</${tag}>`)}`
}

/** A whole page. Scripts and styles run only by a hash, and nothing is loaded from anywhere else. */
export function page(state: DeskState, place: Place, title: string, pane: Html, modal: Html): Answer {
  const notice = state.notices.get(place.person.slackUserId)
  const script = pageScript
  const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
  const policy = [
    "default-src 'none'",
    `script-src ${hash(script)}`,
    `style-src ${hash(pageStyle)}`,
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ]
  const { markup } = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · ${place.person.realName} · Hotwork desk</title><style>${new Html(pageStyle)}</style></head>
<body data-events="/control/events?user=${encodeURIComponent(place.person.slackUserId)}">
${livePart('nav', 'nav', html` aria-label="Workspace"`, sidebar(state, place))}
<main class="pane"><header><h2>${title}</h2><p>you are ${place.person.realName}</p></header>
${livePart('div', 'notice', html` role="status"`, html`${notice !== undefined && html`<p>${notice}</p>`}`)}
${pane}</main>
${livePart('div', 'modal', html``, modal)}
<script>${new Html(script)}</script></body></html>`
  return {
    status: 200,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy.join('; '),
      'cache-control': 'no-store',
      // Not `no-referrer`: a form would then come with `Origin: null` and be refused as another site's.
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
    },
    body: markup,
  }
}
