import { prefilled } from './form-state.ts'
import { type Html, html } from './html.ts'
import { objectOf, textOf } from './json.ts'
import { appName, avatar, livePart, type Place } from './layout.ts'
import type { Ephemeral, Message } from './messages.ts'
import { renderMrkdwn } from './mrkdwn.ts'
import { clockTime, namesOf } from './names.ts'
import { renderBlocks } from './render-blocks.ts'
import { renderText, type Surface } from './render-elements.ts'
import type { DeskState } from './state.ts'
import type { View } from './views.ts'

const surfaceOf = (state: DeskState, id: string): Surface => ({
  names: namesOf(state.roster, { userId: state.botUserId, name: appName }),
  people: state.roster.people,
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
  return html`<div class="text">${renderMrkdwn(said.text, surface.names)}</div>`
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

/** Messages in order, replies under the message they belong to. */
function threaded(said: (Message | Ephemeral)[]): (Message | Ephemeral)[] {
  const root = (each: Message | Ephemeral) => ('threadTs' in each && each.threadTs ? each.threadTs : each.ts)
  const key = (each: Message | Ephemeral) => `${root(each)} ${each.ts}`
  return [...said].sort((one, other) => (key(one) < key(other) ? -1 : 1))
}

/** One channel or direct message as this person sees it. */
export function conversation(state: DeskState, place: Place): Html {
  const { slackUserId } = place.person
  const whispers = state.messages.ephemeralsOf(slackUserId).filter(({ channel }) => channel === place.at)
  const said = threaded([...state.messages.in(place.at), ...whispers])
  const list = said.map((each) => article(state, place, each))
  const empty = html`<p class="empty">Nothing here yet. Cards appear as agents ask.</p>`
  return html`<div class="scroll" tabindex="0" role="log" aria-label="Messages">${livePart('div', 'messages', html``, list.length > 0 ? html`${list}` : empty)}</div>
    <div class="composer"><form id="composer" method="post" action="/say">${hidden(placeFields(place))}
    <label class="sr" for="said">Message or slash command</label>
    <input id="said" name="text" autocomplete="off" required placeholder="Message, or /command">
    <button class="button">Send</button></form></div>`
}

/** The app's home tab, for this person. */
export function homeTab(state: DeskState, place: Place): Html {
  const view = state.views.homeOf(place.person.slackUserId)
  const content = view
    ? html`<form method="post" action="/click">${hidden({ ...placeFields(place), view: view.id })}${renderBlocks(surfaceOf(state, view.id), prefilled(view.content.blocks, view.filled))}</form>`
    : html`<p class="empty">The app has not published a home tab.</p>`
  return html`<div class="scroll">${livePart('div', 'messages', html` class="home"`, content)}</div><div></div>`
}

/** The modal on top of this person's screen, if one is open. Closing it is a form too, so that it needs no script. */
export function modal(state: DeskState, place: Place): Html {
  const view: View | undefined = state.views.stackOf(place.person.slackUserId).at(-1)
  if (!view) return html``
  const surface = surfaceOf(state, view.id)
  const label = (member: string, otherwise: string) =>
    view.content[member] === undefined ? html`${otherwise}` : renderText(objectOf(view.content[member]), surface.names)
  return html`<dialog open class="modal" aria-labelledby="modal-title" data-hash="${view.hash}"><form method="post" action="/submit">
    ${hidden({ ...placeFields(place), view: view.id })}
    <header><h2 id="modal-title">${textOf(objectOf(view.content['title'])['text'])}</h2>
    <button class="close" formaction="/close" formnovalidate aria-label="Close">×</button></header>
    <div class="body">${renderBlocks(surface, prefilled(view.content.blocks, view.filled), view.errors)}</div>
    <footer><button class="button" formaction="/close" formnovalidate>${label('close', 'Cancel')}</button>
    ${view.content['submit'] !== undefined && html`<button class="button primary">${label('submit', 'Submit')}</button>`}</footer>
  </form></dialog>`
}
