import { listReply, sayReply, showReply, typedWord } from '../../../../functions/channels/slack/edge/commands.ts'
import { listedHalts } from '../../../../functions/channels/slack/home/halts.ts'
import { type HomePages, renderHome } from '../../../../functions/channels/slack/home/home-view.ts'
import type { Halt } from '../../../../functions/domain/halts/halt.ts'
import { readHaltTarget } from '../../../../functions/domain/halts/halt-words.ts'
import type { StandIn } from '../../../../functions/domain/people/stand-in.ts'
import type { StandingPermit } from '../../../../functions/domain/permits/permit.ts'
import type { ApprovalRequest, ApprovedRequest, PendingRequest } from '../../../../functions/domain/record/request.ts'
import type { ViewedHalt } from '../../../../functions/operations/halts/view-halts.ts'
import { checkMessageBlocks, checkView } from '../../../../local/desk/blocks.ts'
import { agent, person, sampleBundle, start } from '../../../support/world.ts'
import { corpus } from '../cards/inert-corpus.ts'
import { everyState } from '../cards/states.ts'

const facts = sampleBundle()
const pages: HomePages = {
  one: (id) => `https://hotwork.example/decide/${id}`,
  all: 'https://hotwork.example/decide',
  halts: 'https://hotwork.example/halts',
  permits: 'https://hotwork.example/permits',
  standIns: 'https://hotwork.example/stand-ins',
}

/** A request with this as every text of agents and people. */
function withText(state: ApprovalRequest, text: string): ApprovalRequest {
  const args = { ...state.ask.arguments, Name: text, Value: text }
  const ask = { ...state.ask, arguments: args, justification: text, purpose: text }
  const said = state.status === 'denied' || state.status === 'revoked' ? { reason: text } : {}
  return { ...state, ask, ...said, ...(state.status === 'completed' ? { note: text } : {}) } as ApprovalRequest
}

/** The states with distinct ids, because each was the first in a world of its own. */
const numbered = (states: readonly ApprovalRequest[]) =>
  states.map((state, at) => withId(state, `req_${String(at).padStart(26, '0')}`))
const withId = <T extends ApprovalRequest>(state: T, id: string): T => ({ ...state, ask: { ...state.ask, id } }) as T

const overviewOf = (states: readonly ApprovalRequest[], text = 'it loops') => ({
  person: person('gus'),
  aside: 2,
  halted: { halts: haltsOf(text), next: '1' },
  waiting: states.filter((state): state is PendingRequest => state.status === 'pending'),
  own: states,
  moreOwn: true,
  live: states
    .filter((state): state is ApprovedRequest => state.status === 'approved')
    .map((state) => ({ state, mayRevoke: true })),
  permits: states.map((state, at) => ({ permit: permitFrom(state, at), mayRevoke: true })),
  standIns: { own: [standIn(1)], others: Array.from({ length: states.length }, (_, at) => standIn(at + 2)) },
})

/** A halt of each kind, all but one by another person. */
const haltsOf = (text: string): ViewedHalt[] =>
  [
    ...(['agent:remediator', 'owner=person:dan', 'person:ben', 'environment=prod', 'all'] as const),
    ...[`action=${[...text].slice(0, 60).join('') || 'x'}`, `role=${[...text].slice(0, 900).join('') || 'x'}`],
  ].map((target, at) => {
    const by = person(at === 0 ? 'gus' : 'hana')
    const id = `hlt_${String(at).padStart(26, '0')}` as Halt['id']
    const ends = at % 2 === 0 ? {} : { until: start + 3600 }
    const halt = { id, target: readHaltTarget(target) as Halt['target'], reason: text, by, at: start, ...ends }
    return { halt, whyNotLift: by === 'person:gus' ? 'self_lift' : undefined }
  })

function permitFrom({ ask, stages, tier }: ApprovalRequest, at: number): StandingPermit {
  const id = `stp_${String(at).padStart(26, '0')}` as StandingPermit['id']
  const { action, resource, environment, purpose, owner } = ask
  const common = { id, from: ask.id, agent: agent('remediator'), owner, action, resource, environment, purpose, tier }
  const terms = { stages, lifetime: 900, by: person('ben'), at: start, uses: 5, until: start + 3600, drawn: [ask.id] }
  return { ...common, ...terms, arguments: ask.arguments }
}

const standIn = (at: number): StandIn => ({
  id: `sin_${String(at).padStart(26, '0')}` as StandIn['id'],
  for: person('ana'),
  by: person('ben'),
  from: start + at * 60,
  until: start + 86_400,
  at: start,
})

/** Every object within a value. */
const parts = (value: unknown): { [member: string]: unknown }[] =>
  typeof value === 'object' && value !== null
    ? [value as { [member: string]: unknown }, ...Object.values(value).flatMap(parts)]
    : []

const activeTypes = ['mrkdwn', 'markdown', 'link', 'user', 'usergroup', 'channel', 'broadcast', 'emoji']

test('hostile texts on a tab or in an answer are inert, and Slack accepts them', async () => {
  const states = numbered([...(await everyState(facts)).values()])
  for (const text of corpus) {
    const overview = overviewOf(
      states.map((state) => withText(state, text)),
      text,
    )
    const home = renderHome(overview, facts, pages, start)
    const reply = listReply(overview, facts, start)
    expect(checkView(home, 'home')).toMatchObject({ ok: true })
    const halts = listedHalts(overview.halted, overview.person, facts, 10)
    expect(checkMessageBlocks(reply.blocks)).toMatchObject({ ok: true })
    expect(checkMessageBlocks(halts)).toMatchObject({ ok: true })
    const types = new Set([...parts(home), ...parts(reply), ...parts(halts)].map(({ type }) => type))
    expect(activeTypes.filter((type) => types.has(type))).toEqual([])
    expect(checkMessageBlocks(sayReply(`“${typedWord(text)}”`).blocks)).toMatchObject({ ok: true })
  }
})

test('a long tab and a long answer stay within Slack’s limits', async () => {
  const [state] = (await everyState(facts)).values()
  const long = (at: number) => {
    const each = withText(state as ApprovalRequest, '𝔘'.repeat(3000)) as PendingRequest
    return withId(each, `req_${String(at).padStart(26, '0')}`)
  }
  const overview = { ...overviewOf([]), waiting: Array.from({ length: 300 }, (_, at) => long(at)) }
  const permits = overview.waiting.map((state, at) => ({ permit: permitFrom(state, at), mayRevoke: true }))
  const standIns = { own: [], others: Array.from({ length: 40 }, (_, at) => standIn(at)) }
  const many = { ...overview, own: overview.waiting, permits, standIns }
  expect(checkView(renderHome(many, facts, pages, start), 'home')).toMatchObject({ ok: true })
  expect(checkMessageBlocks(listReply(many, facts, start).blocks)).toMatchObject({ ok: true })
  expect(checkMessageBlocks(showReply(long(1), facts).blocks)).toMatchObject({ ok: true })
})

test('a button of a tab leads to the page of its request, or carries its id alone', async () => {
  const home = renderHome(overviewOf(numbered([...(await everyState(facts)).values()])), facts, pages, start)
  const buttons = parts(home.blocks).filter(({ type }) => type === 'button')
  expect(buttons.length).toBeGreaterThan(0)
  for (const { url, value, action_id } of buttons)
    if (typeof url === 'string')
      expect(url).toMatch(/^https:\/\/hotwork\.example\/(halts|permits|stand-ins|decide(\/req_[0-9a-z]{26})?)$/)
    else if (value === undefined) expect(['halt_declare']).toContain(action_id)
    else
      expect(Object.entries(JSON.parse(String(value)))).toEqual([
        [expect.stringMatching(/^[rpsh]$/), expect.stringMatching(/^(req|stp|sin|hlt)_[0-9a-z]{26}$/)],
      ])
})
