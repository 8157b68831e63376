// Rules: test/operations/requests/revise.test.ts
import { argumentsWithin } from '../delegation/attenuation.ts'
import { canonicalForm } from '../digest.ts'
import type { Bundle } from '../policy/bundle.ts'
import { isSameTool, type McpTool } from '../policy/mcp-tool.ts'
import type { Revision, ToldWords } from '../record/ask-terms.ts'
import { keptSteps } from '../record/plan-step.ts'
import { type ApprovalRequest, type Ask, grantOf } from '../record/request.ts'
import {
  type AgentId,
  defined,
  type Json,
  type JsonObject,
  type NumericDate,
  ok,
  type RequestId,
  type Resource,
  type Result,
  refuse,
} from '../values.ts'
import { suggestedSteps } from './suggestion.ts'
import { actionsOf, revisedWithin, type Told } from './told.ts'

/** The most revisions in a row. */
export const mostRevisions = 5

/** The time in which all asks of an agent show what it was told. Seconds. */
const shownWithin = 3600
const mostShown = 10

/** Words of people to an agent, and the requests on which they wrote them. */
export type Before = {
  told: readonly Told[]
  requests: ReadonlyMap<RequestId, ApprovalRequest>
}

type Asked = Pick<Ask, 'action' | 'arguments' | 'resource' | 'purpose'> &
  Pick<Partial<Ask>, 'mcp' | 'steps' | 'revises'>

/** The words that an ask for these actions shows: all of the last hour, and those after which it is a revision. */
export const toldLately = (told: readonly Told[], actions: readonly string[], now: NumericDate): readonly Told[] =>
  told.filter((each) => now - each.at <= shownWithin || isAbout(each, actions, now))

const isAbout = ({ at, actions: of }: Told, actions: readonly string[], now: NumericDate): boolean =>
  now - at <= revisedWithin && of.some((action) => actions.includes(action))

/**
 * Whether this agent's ask may revise that request. All wrong ids have one answer, so that an agent learns nothing of
 * others' requests.
 */
export function mayRevise(
  revised: ApprovalRequest | undefined,
  ask: { agent: AgentId; action: string; resource: Resource },
  now: NumericDate,
): Result<true, 'invalid_revision' | 'too_many_revisions'> {
  const isOne =
    revised?.status === 'denied' &&
    revised.outcome === 'revise' &&
    now - revised.deniedAt <= revisedWithin &&
    revised.ask.agent.id === ask.agent &&
    revised.ask.action === ask.action &&
    isSame(revised.ask.resource, ask.resource)
  if (!isOne) return refuse('invalid_revision')
  return (revised.ask.revision?.number ?? 0) < mostRevisions ? ok(true) : refuse('too_many_revisions')
}

const isSame = (one: Resource, other: Resource): boolean => one.type === other.type && one.id === other.id

export type TermsByWords = Pick<Ask, 'revision' | 'suggestedBy' | 'barred' | 'told'>

/** The terms of an ask that follow from people's earlier words to its agent. */
export function termsByWords(
  ask: Asked,
  { told, requests }: Before,
  { actions: entries }: Pick<Bundle, 'actions'>,
  now: NumericDate,
): TermsByWords {
  const actions = actionsOf(ask)
  const stateOf = ({ request }: Told) => (request === undefined ? undefined : requests.get(request))
  const about = told.filter((each) => {
    const state = stateOf(each)
    const isOver = each.unlessApproved && state !== undefined && grantOf(state) !== undefined
    return isAbout(each, actions, now) && !isOver
  })
  const bars = about.filter((each) => {
    const earlier = stateOf(each)?.ask
    return !earlier || !isWithin(ask, earlier, entries)
  })
  // Several rows may find the same words, so they are made unique.
  const words = new Map(told.flatMap((each) => wordsOf(each, stateOf(each))).map((each) => [each.text, each]))
  const revised = ask.revises && requests.get(ask.revises)
  return defined({
    revision: revised && revisionOf(ask, revised),
    suggestedBy: some(about.flatMap(({ by }) => by)),
    barred: some(bars.flatMap(({ by, behind = [] }) => [...by, ...behind])),
    told: some([...words.values()].toSorted((one, other) => one.at - other.at).slice(-mostShown)),
  })
}

const some = <T>(all: readonly T[]): T[] | undefined => (all.length === 0 ? undefined : [...new Set(all)])

/** The words on that request's record, which has commitments in place of texts. */
function wordsOf({ request, by, at }: Told, state: ApprovalRequest | undefined): ToldWords[] {
  if (request === undefined || state === undefined) return []
  const decided = state.stages.flatMap(({ decisions }) =>
    decisions.flatMap(({ person, verdict, toAgent: text, ...each }) =>
      text === undefined ? [] : [{ request, by: person, at: each.at, verdict, text }],
    ),
  )
  const asked = (state.questions ?? []).map(({ by: person, text, ...each }) => ({
    request,
    by: person,
    at: each.at,
    text,
  }))
  // Questions precede the decision that ends their request, also in one second.
  return [...asked, ...decided].filter((each) => each.at === at && by.includes(each.by))
}

type Act = { agent?: string; action: string; arguments: JsonObject; resource: Resource; mcp?: McpTool | undefined }

/** Whether this is the earlier ask, or a narrowing of it. */
function isWithin(ask: Asked, earlier: Asked, entries: Bundle['actions']): boolean {
  const isPart = (one: Act, of: Act) =>
    one.agent === of.agent &&
    one.action === of.action &&
    isSame(one.resource, of.resource) &&
    isSameTool(one.mcp, of.mcp) &&
    argumentsWithin(one.arguments, of.arguments, entries[one.action]?.narrowable ?? [])
  // A narrowing keeps the purpose, which policy may read.
  if (ask.purpose !== earlier.purpose) return false
  if (!ask.steps && !earlier.steps) return isPart(actOf(ask), actOf(earlier))
  if (!ask.steps || !earlier.steps) return false
  const kept: readonly Act[] = keptSteps({ ask })
  let at = 0
  for (const step of keptSteps({ ask: earlier })) {
    const next = kept[at]
    if (next && isPart(next, step)) at += 1
  }
  return at === kept.length
}

const actOf = ({ action, arguments: args, resource, mcp }: Asked): Act => ({ action, arguments: args, resource, mcp })

function revisionOf(ask: Asked, { ask: earlier, stages }: ApprovalRequest): Revision {
  const sent = stages.flatMap(({ decisions }) => decisions).find(({ verdict }) => verdict === 'revise')
  const [from, to] = [membersOf(earlier), membersOf(ask)]
  const names = [...new Set([...Object.keys(from), ...Object.keys(to)])]
  const changed = names.filter((name) => formOf(from[name]) !== formOf(to[name]))
  const isSuggested = sent?.suggest !== undefined && formOf(asSuggested(earlier, sent.suggest)) === formOf(to)
  return {
    number: (earlier.revision?.number ?? 0) + 1,
    changes: Object.fromEntries(
      changed.map((name) => [name, defined({ from: from[name], to: to[name] })]),
    ) as Revision['changes'],
    ...(isSuggested ? { suggested: true } : {}),
  }
}

/** The members of the earlier ask with a suggestion in place. */
function asSuggested(earlier: Ask, suggest: JsonObject): Members {
  if (!earlier.steps) return suggest
  const kept = keptSteps({ ask: earlier })
  const suggested = new Map(suggestedSteps(suggest).map((each) => [each.step, each.arguments]))
  return membersOf({
    ...earlier,
    steps: kept.map((step) => ({ ...step, arguments: suggested.get(step.step) ?? step.arguments })),
  })
}

const formOf = (value: Json | Members | undefined) => (value === undefined ? undefined : canonicalForm(value as Json))

/** The arguments by name; of a plan, each with its step. */
type Members = { readonly [name: string]: Json | undefined }
const membersOf = ({ arguments: args, steps }: Pick<Asked, 'arguments' | 'steps'>): Members =>
  steps
    ? Object.fromEntries(
        keptSteps({ ask: { steps } }).flatMap(
          ({ action, agent, arguments: own }, index): [string, Json | undefined][] => [
            [`step ${index + 1}`, `${action} by ${agent}`],
            ...Object.entries(own).map(([name, value]): [string, Json] => [`step ${index + 1}: ${name}`, value]),
          ],
        ),
      )
    : args
