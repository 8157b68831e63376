import type { Json } from './blocks.ts'
import { inputsOf, textOf } from './blocks.ts'
import { type Answer, BadRequest, type Handler, type Incoming } from './http.ts'
import type { Interactions } from './interactions.ts'
import { addressOf, appName, conversation, homeTab, modal, type Place, page } from './layout.ts'
import { fieldName } from './render-blocks.ts'
import type { AppAnswer, DeskState } from './state.ts'

/** Slack's warning, with details for the app's developer. */
function complaintAbout({ status, body, milliseconds }: AppAnswer): string | undefined {
  if (status !== 200) return `The app answered ${status}. Slack would show a warning here. ${body.slice(0, 300)}`
  if (milliseconds <= 3_000) return undefined
  return `The app took ${(milliseconds / 1_000).toFixed(1)} s. Slack would have given up after 3 s.`
}

function valuesOf(blocks: readonly Json[], form: URLSearchParams): Json {
  const values: { [blockId: string]: Json } = {}
  for (const block of blocks) {
    for (const element of inputsOf(block)) {
      const filled = form.getAll(fieldName(block, element))
      const blockId = textOf(block['block_id'])
      const value = element['type'] === 'checkboxes' ? filled : (filled[0] ?? '')
      values[blockId] = { ...values[blockId], [textOf(element['action_id'])]: value }
    }
  }
  return values
}

function clicked(form: URLSearchParams, blocks: readonly Json[]) {
  const name = form.get('click') ?? ''
  const [block_id, action_id, option] = name.split('/').map(decodeURIComponent)
  if (!block_id || !action_id) throw new BadRequest('click one of the buttons')
  if (option !== undefined) return { action_id, block_id, value: option }
  const isInput = blocks.flatMap(inputsOf).some((each) => each['action_id'] === action_id)
  const value = form.get(name)
  return { action_id, block_id, ...(isInput && value !== null ? { value } : {}) }
}

/** A direct message is for one person: a change of seats leaves it. */
function placeOf({ roster }: DeskState, fields: URLSearchParams): Place {
  const person = roster.person(fields.get('as') ?? '') ?? roster.people[0]
  if (!person) throw new BadRequest('the desk has no people: name people when you start it')
  const wanted = fields.get('in') ?? ''
  const channel = roster.conversations.find(({ id }) => id === wanted)
  if (channel && [undefined, person.slackUserId].includes(channel.directTo)) return { person, at: channel.id }
  return { person, at: wanted === 'home' ? 'home' : (roster.channels[0]?.id ?? 'home') }
}

function viewOf({ views }: DeskState, form: URLSearchParams, { person }: Place) {
  const view = views.find(form.get('view') ?? '')
  if (view?.user !== person.slackUserId) throw new BadRequest('that window is closed already')
  return view
}

async function attempt({ notices }: DeskState, user: string, send: () => Promise<AppAnswer | undefined>) {
  try {
    const answer = await send()
    const complaint = answer && complaintAbout(answer)
    if (complaint) notices.set(user, complaint)
  } catch (cause) {
    if (!(cause instanceof BadRequest)) throw cause
    notices.set(user, cause.message)
  }
}

async function show(state: DeskState, interactions: Interactions, { url, headers }: Incoming): Promise<Answer> {
  const place = placeOf(state, url.searchParams)
  const { slackUserId: user } = place.person
  // Only a browser's navigation opens the tab, not a background fetch.
  if (place.at === 'home' && headers['sec-fetch-mode'] === 'navigate') {
    const event = { type: 'app_home_opened', user, channel: `D${user.slice(1)}`, tab: 'home' }
    await attempt(state, user, () => interactions.event(event))
  }
  const channel = state.roster.conversations.find(({ id }) => id === place.at)
  const title = channel ? (channel.directTo ? appName : `# ${channel.name}`) : `${appName} · Home`
  const pane = channel ? conversation(state, place) : homeTab(state, place)
  return page(state, place, title, pane, modal(state, place))
}

/** `?as=` is the person, `?in=` the place. Several browser tabs can be several people. */
export function pageRoutes(state: DeskState, interactions: Interactions): { [route: string]: Handler } {
  const { roster, messages, notices, changes } = state

  const act =
    (doIt: (form: URLSearchParams, place: Place) => Promise<AppAnswer | undefined>): Handler =>
    async ({ body }) => {
      const form = new URLSearchParams(body)
      const place = placeOf(state, form)
      const { slackUserId } = place.person
      notices.delete(slackUserId)
      await attempt(state, slackUserId, () => doIt(form, place))
      changes.record({ type: 'notice', user: slackUserId })
      return { status: 303, headers: { location: addressOf(place) } }
    }

  return {
    'GET /': (incoming) => show(state, interactions, incoming),
    'POST /click': act(async (form, place) => {
      const user = place.person
      const click = (blocks: readonly Json[]) => ({ user, ...clicked(form, blocks), values: valuesOf(blocks, form) })
      if (form.has('view')) {
        const view = viewOf(state, form, place)
        return interactions.clickView(click(view.content.blocks), view)
      }
      const said = messages.findFor(user.slackUserId, form.get('channel') ?? '', form.get('ts') ?? '')
      if (!said) throw new BadRequest('that message is gone')
      return interactions.clickMessage(click(said.blocks), said)
    }),
    'POST /submit': act(async (form, place) => {
      const view = viewOf(state, form, place)
      return interactions.submit(place.person, view, valuesOf(view.content.blocks, form))
    }),
    'POST /close': act(async (form, place) => {
      state.views.close(viewOf(state, form, place))
      return undefined
    }),
    'POST /dismiss': act(async (form, { person }) => {
      const ephemeral = messages.findEphemeral(person.slackUserId, form.get('ts') ?? '')
      if (ephemeral) messages.dismiss(ephemeral)
      return undefined
    }),
    'POST /say': act(async (form, { person, at }) => {
      const channel = roster.conversations.find(({ id }) => id === at)
      const text = (form.get('text') ?? '').trim()
      if (!channel || text === '') throw new BadRequest('write something in a channel')
      const command = /^(\/\S+)\s*([\s\S]*)$/.exec(text)
      if (command?.[1]) return interactions.command(person, channel, command[1], command[2] ?? '')
      const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
      messages.post({ channel: at, user: person.slackUserId, text: escaped, blocks: [] })
      return undefined
    }),
  }
}
