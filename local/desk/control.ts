// Rules: test/local/desk/web-api.test.ts
import * as z from 'zod'
import { describeMessage } from './api-chat.ts'
import { type Answer, BadRequest, type Handler, type Incoming, json, quoted } from './http.ts'
import type { Interactions } from './interactions.ts'
import type { Change, DeskChannel, DeskPerson, DeskState } from './state.ts'
import { describeView, type View } from './surfaces.ts'

const name = z.string().min(1)
const Values = z.record(z.string(), z.unknown())

const ClickBody = z.strictObject({
  channel: name,
  ts: name,
  action_id: name,
  user: name,
  block_id: name.optional(),
  value: z.string().optional(),
  values: Values.optional(),
})
const ViewClickBody = ClickBody.omit({ channel: true, ts: true }).extend({ view_id: name })
const SubmitBody = z.strictObject({ view_id: name, user: name, values: Values.default({}) })
const CloseBody = z.strictObject({ view_id: name, user: name })
const CommandBody = z.strictObject({
  command: z.string().regex(/^\/\S+$/, 'must be a slash and a name, such as `/hotwork`'),
  text: z.string().default(''),
  user: name,
  channel: name,
})
const EventBody = z.looseObject({ type: name })
const CloseChannelBody = z.strictObject({ channel: name, error: name.optional() })
const FaultBody = z.strictObject({
  status: z
    .int()
    .refine((status) => status === 0 || (status >= 200 && status <= 599), 'must be an HTTP status, or 0 to end it'),
  error: name.optional(),
  retry_after: z.int().min(0).default(1),
})

/** Parses a body. A 400 names each invalid member. */
function parse<T>(schema: z.ZodType<T>, { body }: Incoming): T {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    throw new BadRequest('the body must be JSON')
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const wrong = parsed.error.issues.map((issue) => `\`${issue.path.join('.') || 'body'}\`: ${issue.message}`)
  throw new BadRequest(wrong.join('; '))
}

/** Finds a person. A 400 lists the known ones. */
function personOf({ roster }: DeskState, idOrName: string): DeskPerson {
  const person = roster.person(idOrName)
  if (person) return person
  const there = quoted(roster.people.map(({ slackUserId }) => slackUserId))
  throw new BadRequest(`\`user\`: unknown \`${idOrName}\`; try ${there}`)
}

function channelOf({ roster }: DeskState, idOrName: string): DeskChannel {
  const channel = roster.channel(idOrName)
  if (channel) return channel
  throw new BadRequest(
    `\`channel\`: there is no \`${idOrName}\`; try ${quoted(roster.channels.map(({ name }) => name))}`,
  )
}

function viewOf({ views }: DeskState, id: string, { slackUserId, name }: DeskPerson): View {
  const view = views.find(id)
  if (view?.user === slackUserId) return view
  const open = views.modalOf(slackUserId)?.id ?? 'none'
  throw new BadRequest(`\`view_id\`: ${name} has no view \`${id}\`; open is \`${open}\``)
}

/** Routes for tests and the demo, which do what a person does with a mouse. */
export const controlRoutes = (state: DeskState, interactions: Interactions): { [route: string]: Handler } => ({
  ...actionRoutes(state, interactions),
  ...viewRoutes(state),
})

function actionRoutes(state: DeskState, interactions: Interactions): { [route: string]: Handler } {
  const act =
    <T extends { user: string }>(
      Body: z.ZodType<T>,
      doIt: (said: T, person: DeskPerson) => Promise<unknown>,
    ): Handler =>
    async (incoming) => {
      const said = parse(Body, incoming)
      return json(200, (await doIt(said, personOf(state, said.user))) ?? {})
    }
  return {
    'POST /control/click': act(ClickBody, async ({ channel, ts, ...click }, user) => {
      const place = channelOf(state, channel)
      const said = state.messages.findFor(user.slackUserId, place.id, ts)
      if (said) return interactions.clickMessage({ ...click, user }, said)
      const last = state.messages.in(place.id).slice(-3)
      const there = quoted(last.map((each) => each.ts)) || 'none'
      throw new BadRequest(`\`ts\`: no message \`${ts}\` in ${place.name}; the last are ${there}`)
    }),
    'POST /control/click-view': act(ViewClickBody, async ({ view_id, ...click }, user) =>
      interactions.clickView({ ...click, user }, viewOf(state, view_id, user)),
    ),
    'POST /control/submit': act(SubmitBody, async ({ view_id, values }, user) =>
      interactions.submit(user, viewOf(state, view_id, user), values),
    ),
    'POST /control/close': act(CloseBody, async ({ view_id }, user) => state.views.close(viewOf(state, view_id, user))),
    'POST /control/command': act(CommandBody, async ({ command, text, channel }, user) =>
      interactions.command(user, channelOf(state, channel), command, text),
    ),
    'POST /control/event': async (incoming) => json(200, await interactions.event(parse(EventBody, incoming))),
    'POST /control/channel': (incoming) => {
      const { channel, error } = parse(CloseChannelBody, incoming)
      const { id } = channelOf(state, channel)
      if (error === undefined) state.closed.delete(id)
      else state.closed.set(id, error)
      return json(200, { id })
    },
    'POST /control/fault': (incoming) => {
      const { status, error, retry_after } = parse(FaultBody, incoming)
      state.fault = { status, retryAfterSeconds: retry_after, error }
      return json(200, { status })
    },
  }
}

function viewRoutes(state: DeskState): { [route: string]: Handler } {
  const { messages, views, changes } = state
  const queryPerson = ({ url }: Incoming) => personOf(state, url.searchParams.get('user') ?? '').slackUserId
  const queryChannel = ({ url }: Incoming) => {
    const wanted = url.searchParams.get('channel')
    return wanted === null ? undefined : channelOf(state, wanted).id
  }
  const queryNumber = ({ url }: Incoming, name: string, otherwise: number) => {
    const value = Number(url.searchParams.get(name) ?? otherwise)
    if (Number.isFinite(value) && value >= 0) return value
    throw new BadRequest(`\`${name}\` must be a number, 0 or more`)
  }
  return {
    'GET /control/ephemerals': (incoming) => {
      const ephemerals = messages.ephemeralsOf(queryPerson(incoming)).map(({ channel, ts, text, blocks, at }) => ({
        ...{ channel, ts, text, at: new Date(at).toISOString() },
        ...(blocks.length > 0 && { blocks }),
      }))
      return json(200, { ephemerals })
    },
    'GET /control/views': (incoming) => {
      const user = queryPerson(incoming)
      const shown = (view: View) => ({ ...describeView(view, state), errors: view.errors })
      const [modal, home] = [views.modalOf(user), views.homeOf(user)]
      return json(200, { views: modal ? [shown(modal)] : [], home: home && shown(home) })
    },
    'GET /control/messages': (incoming) => {
      const channel = queryChannel(incoming)
      const wanted = channel === undefined ? messages.all() : messages.in(channel)
      const shown = wanted.map((message) => ({ channel: message.channel, ...describeMessage(message, state) }))
      return json(200, { seq: changes.seq, messages: shown })
    },
    'GET /control/interactions': () => json(200, { interactions: state.sent }),
    'GET /control/wait': async (incoming) => {
      const channel = queryChannel(incoming)
      const after = queryNumber(incoming, 'after', changes.seq)
      const seconds = Math.min(queryNumber(incoming, 'timeout', 25), 60)
      const wanted = (change: Change) => channel === undefined || change.channel === channel
      const found = await changes.wait(after, seconds * 1_000, wanted)
      return json(200, { seq: found.at(-1)?.seq ?? Math.max(after, changes.seq), changes: found })
    },
    'GET /control/events': (incoming) => {
      const user = incoming.url.searchParams.has('user') ? queryPerson(incoming) : undefined
      return streamChanges(state, (change) => user === undefined || !change.user || change.user === user)
    },
  }
}

function streamChanges({ changes }: DeskState, wanted: (change: Change) => boolean): Answer {
  return {
    status: 200,
    headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' },
    stream: (write) => {
      write(`: ${changes.seq}\n\n`)
      return changes.subscribe((change) => {
        if (wanted(change)) write(`id: ${change.seq}\ndata: ${JSON.stringify(change)}\n\n`)
      })
    },
  }
}
