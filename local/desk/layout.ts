// Rules: test/local/desk/pages.test.ts
import { createHash } from 'node:crypto'
import { actionablesOf, objectOf, textOf } from './blocks.ts'
import { prefilled } from './form-state.ts'
import { Html, html } from './html.ts'
import type { Answer } from './http.ts'
import { pageScript } from './page-script.ts'
import { pageStyle } from './page-style.ts'
import { renderBlocks, renderText, type Surface } from './render-blocks.ts'
import type { DeskPerson, DeskState } from './state.ts'
import type { Ephemeral, Message } from './surfaces.ts'
import { clockTime, renderMessage } from './text.ts'

export const appName = 'Hotwork'

/** `at`: the id of a channel, or `home` for the app's home tab. */
export interface Place {
  person: DeskPerson
  at: string
}

export const addressOf = ({ person, at }: Place): string =>
  `/?as=${encodeURIComponent(person.slackUserId)}&in=${encodeURIComponent(at)}`

const initials = (name: string) =>
  name
    .replace(/(\S)\S*\s*/g, '$1')
    .slice(0, 2)
    .toUpperCase()

/** A person's initials, in a constant colour. */
function avatar(person: DeskPerson | undefined): Html {
  if (!person) return html`<span class="avatar app" aria-hidden="true">Hw</span>`
  const tone = (createHash('sha256').update(person.slackUserId).digest()[0] ?? 0) % 8
  return html`<span class="avatar tone${tone}" aria-hidden="true">${initials(person.realName)}</span>`
}

const current = (is: boolean) => is && html` aria-current="true"`

/** The number of cards that wait for a person: those with a coloured button. A finished card may keep a plain one. */
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

/** A part of the page, which the script replaces when its content has changed. */
function livePart(tag: 'nav' | 'div', id: string, attributes: Html, content: Html): Html {
  const fingerprint = createHash('sha256').update(content.markup).digest('base64url').slice(0, 16)
  return html`${new Html(`<${tag}`)} id="${id}" data-state="${fingerprint}"${attributes}>${content}${new Html(`</${tag}>`)}`
}

/** A whole page. Scripts and styles run only by their hash, and nothing is loaded from other origins. */
export function page(state: DeskState, place: Place, title: string, pane: Html, modal: Html): Answer {
  const notice = state.notices.get(place.person.slackUserId)
  const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
  const policy = [
    "default-src 'none'",
    `script-src ${hash(pageScript)}`,
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
<script>${new Html(pageScript)}</script></body></html>`
  return {
    status: 200,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy.join('; '),
      'cache-control': 'no-store',
      // With `no-referrer` a form would have `Origin: null`, and be refused as another site's.
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
    },
    body: markup,
  }
}

const surfaceOf = ({ roster }: DeskState, id: string): Surface => ({
  nameOf: (user) => roster.people.find(({ slackUserId }) => slackUserId === user)?.realName ?? user,
  id,
})

const hidden = (fields: { [name: string]: string }): Html =>
  html`${Object.entries(fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}`

const placeFields = ({ person, at }: Place) => ({ as: person.slackUserId, in: at })

const timeOf = (ts: string): Html => {
  const at = new Date(Number(ts) * 1_000)
  return html`<time datetime="${at.toISOString()}">${clockTime(at)}</time>`
}

function messageBody(state: DeskState, said: Message | Ephemeral): Html {
  const surface = surfaceOf(state, `m${said.ts.replace('.', '-')}`)
  if (said.blocks.length > 0) return renderBlocks(surface, said.blocks)
  return html`<div class="text">${renderMessage(said.text)}</div>`
}

function author(state: DeskState, userId: string): { picture: Html; name: Html } {
  const person = state.roster.people.find(({ slackUserId }) => slackUserId === userId)
  if (person) return { picture: avatar(person), name: html`<b>${person.realName}</b>` }
  return { picture: avatar(undefined), name: html`<b>${appName}</b><span class="badge">APP</span>` }
}

function article(state: DeskState, place: Place, said: Message | Ephemeral): Html {
  const told = 'at' in said
  const { picture, name } = author(state, told ? state.botUserId : said.user)
  const edited = 'editedAt' in said && said.editedAt !== undefined && said.editedAt
  const kind = told ? ' told' : said.threadTs ? ' reply' : ''
  return html`<article class="message${kind}">${picture}<form method="post" action="/click">
    ${hidden({ ...placeFields(place), channel: said.channel, ts: said.ts })}
    ${told && html`<p class="only"><span aria-hidden="true">👁</span> Only visible to you <button class="link" formaction="/dismiss" formnovalidate>Dismiss</button></p>`}
    <div class="by">${name}${timeOf(said.ts)}${edited !== false && html`<small title="${new Date(edited).toISOString()}">(edited ${clockTime(new Date(edited))})</small>`}</div>
    ${messageBody(state, said)}
  </form></article>`
}

/** Messages, with the replies beneath each. */
function threaded(said: (Message | Ephemeral)[]): (Message | Ephemeral)[] {
  const root = (each: Message | Ephemeral) => ('threadTs' in each && each.threadTs ? each.threadTs : each.ts)
  const key = (each: Message | Ephemeral) => `${root(each)} ${each.ts}`
  return [...said].sort((one, other) => (key(one) < key(other) ? -1 : 1))
}

export function conversation(state: DeskState, place: Place): Html {
  const { slackUserId } = place.person
  const ephemerals = state.messages.ephemeralsOf(slackUserId).filter(({ channel }) => channel === place.at)
  const said = threaded([...state.messages.in(place.at), ...ephemerals])
  const list = said.map((each) => article(state, place, each))
  const empty = html`<p class="empty">Nothing here yet. Cards appear as agents ask.</p>`
  return html`<div class="scroll" tabindex="0" role="log" aria-label="Messages">${livePart('div', 'messages', html``, list.length > 0 ? html`${list}` : empty)}</div>
    <div class="composer"><form id="composer" method="post" action="/say">${hidden(placeFields(place))}
    <label class="sr" for="said">Message or slash command</label>
    <input id="said" name="text" autocomplete="off" required placeholder="Message, or /command">
    <button class="button">Send</button></form></div>`
}

export function homeTab(state: DeskState, place: Place): Html {
  const view = state.views.homeOf(place.person.slackUserId)
  const content = view
    ? html`<form method="post" action="/click">${hidden({ ...placeFields(place), view: view.id })}${renderBlocks(surfaceOf(state, view.id), prefilled(view.content.blocks, view.filled))}</form>`
    : html`<p class="empty">The app has not published a home tab.</p>`
  return html`<div class="scroll">${livePart('div', 'messages', html` class="home"`, content)}</div><div></div>`
}

/** The topmost open modal, if any. Closing it is a form too, which needs no script. */
export function modal(state: DeskState, place: Place): Html {
  const view = state.views.modalOf(place.person.slackUserId)
  if (!view) return html``
  const surface = surfaceOf(state, view.id)
  const label = (member: string, otherwise: string) =>
    view.content[member] === undefined ? html`${otherwise}` : renderText(view.content[member])
  return html`<dialog open class="modal" aria-labelledby="modal-title"><form method="post" action="/submit">
    ${hidden({ ...placeFields(place), view: view.id })}
    <header><h2 id="modal-title">${textOf(objectOf(view.content['title'])['text'])}</h2>
    <button class="close" formaction="/close" formnovalidate aria-label="Close">×</button></header>
    <div class="body">${renderBlocks(surface, prefilled(view.content.blocks, view.filled), view.errors)}</div>
    <footer><button class="button" formaction="/close" formnovalidate>${label('close', 'Cancel')}</button>
    ${view.content['submit'] !== undefined && html`<button class="button primary">${label('submit', 'Submit')}</button>`}</footer>
  </form></dialog>`
}
