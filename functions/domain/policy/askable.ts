// Rules: test/policies/askable.test.ts
import { type HostFacts, unseenHost } from '../people/host.ts'
import { type Agent, fitsPattern, ownerOf, type ResourceFacts, ruleOf } from '../people/organisation.ts'
import { defined, type JsonObject, type NumericDate, type Resource } from '../values.ts'
import { questionOf } from './assess.ts'
import { type Bundle, settingsOf } from './bundle.ts'
import { type CatalogueEntry, deriveResource, factsOf, unpinnedArguments } from './catalogue.ts'
import type { Explainer, Fact } from './condition.ts'
import { overlap } from './patterns.ts'
import type { Moment } from './question.ts'
import { fill } from './templates.ts'
import { type Part, textsComparedWith, type Verdict, verdictOf } from './verdict.ts'

/** An action that policy could permit an agent. */
export type Askable = {
  entry: CatalogueEntry
  /** The id is a template with the target's places filled. */
  resource: Resource
  /** Absent if any purpose would do. */
  purposes?: readonly string[]
  /** The tier of each such ask that policy permits, unless it depends on unknown facts. */
  tier?: number
  /** The agent could only propose it, as a step of a plan. */
  planOnly?: true
  /** The entry's own example, if policy could permit it. */
  example?: Example
}
type Example = { arguments: JsonObject; resource: Resource }

/** The parts of an ask that its agent knows already. `resource`: an id. */
export type Wanted = { [part in 'type' | 'resource' | 'tool' | 'purpose']?: string | undefined }

export type Asking = {
  bundle: Bundle
  weigh: Explainer['weigh']
  agent: Agent
  now: NumericDate
  wanted?: Wanted
  hostOf?: (about: { action: string; resource: Resource }) => HostFacts
}

/**
 * Finds out whether policy could permit an agent this action at some tier, for some arguments at some time. Unknown
 * facts count as having any value. So it may include an action that is always refused, but never leaves out a permitted
 * one. It ignores people, halts and limits.
 */
export function askable(entry: CatalogueEntry, asking: Asking): Askable | undefined {
  const { type } = entry.resource
  const { bundle, wanted = {} } = asking
  const { resource: id } = wanted
  if ((wanted.tool ?? entry.tool) !== entry.tool || (wanted.type ?? type) !== type) return undefined
  const facts = factsOf(entry, settingsOf(bundle, entry))
  const form = fill(entry.resource.id, (path) => facts[path] ?? `{${path}}`)
  const pattern = fill(form, () => '*')
  if (id !== undefined && !fitsPattern(pattern, id)) return undefined
  const places = id === undefined ? placesOf({ type, id: pattern }, bundle) : placeOf({ type, id }, bundle)
  for (const moment of ['request', 'plan'] as const) {
    const found = weighAll({ entry, places, moment }, asking)
    if (!found) continue
    const { purposes, tier } = found
    const example = exampleOf(entry, moment, asking)
    const more = moment === 'request' ? { tier } : { planOnly: true as const }
    return { entry, resource: { type, id: form }, ...defined({ purposes, example, ...more }) }
  }
  return undefined
}

/** A resource with its facts. The id is empty if unknown. */
type Place = Resource & ResourceFacts

/** Each set of facts that a resource within this pattern could have. */
function placesOf({ type, id }: Resource, { resources }: Bundle): readonly Place[] {
  // A rule's `*` stands for any characters, `:` too.
  const rules = resources.filter((rule) => rule.type === type && overlap(id, rule.id))
  const places = rules.map((rule) => ({ ...rule, id: '' }))
  return [...new Map(places.map((place) => [JSON.stringify(place), place])).values()]
}

function placeOf(resource: Resource, { resources }: Bundle): readonly Place[] {
  const rule = ruleOf(resources, resource)
  return rule ? [{ ...rule, ...resource }] : []
}

function exampleOf(entry: CatalogueEntry, moment: Moment, asking: Asking): Example | undefined {
  if (!entry.example) return undefined
  const { arguments: args } = entry.example
  const resource = deriveResource(entry, args, settingsOf(asking.bundle, entry))
  const could = weighAll({ entry, places: placeOf(resource, asking.bundle), moment, args }, asking)
  return could && { arguments: args, resource }
}

type Act = { entry: CatalogueEntry; places: readonly Place[]; moment: Moment; args?: JsonObject }

/** Undefined if policy permits the act nowhere here, or cannot be asked. */
function weighAll(act: Act, asking: Asking): Pick<Askable, 'purposes' | 'tier'> | undefined {
  const { bundle, wanted: { purpose: only } = {} } = asking
  const rungs = bundle.ladder.tiers.map(({ tier }) => tier)
  const fixed = weighOne(act, asking, 0, { places: act.places, rungs, purposes: [only ?? ''] })
  const named = fixed && textsComparedWith('context.purpose', fixed)
  const other = `${named?.join(' ')} or another`
  const parts = { places: act.places, rungs, purposes: only === undefined ? [...(named ?? []), other] : [only] }
  const most = Math.max(parts.places.length, rungs.length, parts.purposes.length)
  const weighed = Array.from({ length: most }, (_, round) => weighOne(act, asking, round, parts))
  if (!fixed || !weighed.every((each) => each !== undefined)) return undefined

  const knows = {
    id: act.places[0]?.id !== '',
    arguments: act.args !== undefined,
    purpose: named !== undefined || only !== undefined,
  }
  const permitted = parts.places.flatMap((_, at) =>
    parts.purposes.flatMap((purpose, index) => {
      const verdicts = (today: boolean) =>
        rungs.map((_, rung) => {
          const each = {
            fixed,
            place: weighed[at] ?? fixed,
            tier: weighed[rung] ?? fixed,
            purpose: weighed[index] ?? fixed,
          }
          return verdictOf(each, (fact) => partOf(fact, { ...knows, today }))
        })
      return isPermitted(verdicts(false)) ? [{ purpose, tier: tierOf(rungs, verdicts(true)) }] : []
    }),
  )
  if (permitted.length === 0) return undefined
  const purposes = [...new Set(permitted.map(({ purpose }) => purpose))].toSorted()
  const [tier, ...more] = new Set(permitted.flatMap((each) => (each.tier === 'refused' ? [] : [each.tier])))
  return defined({
    purposes: knows.purpose && !purposes.includes(other) ? purposes : undefined,
    tier: more.length === 0 ? tier : undefined,
  })
}

type Parts = { places: readonly Place[]; rungs: readonly number[]; purposes: readonly string[] }

/** Weighs one question in each round, with the next value of each part. */
function weighOne({ entry, moment, args }: Act, asking: Asking, round: number, { places, rungs, purposes }: Parts) {
  const { bundle, weigh, agent, now, hostOf = () => unseenHost } = asking
  const [resource, tier, purpose] = [places, rungs, purposes].map((of) => of[round % of.length]) as [
    Place?,
    number?,
    string?,
  ]
  if (!resource || tier === undefined || purpose === undefined) return undefined
  const leftOpen = args ? unpinnedArguments(entry, args, settingsOf(bundle, entry)) : []
  const owner = ownerOf(agent, bundle.directory)
  const facts = {
    entry,
    agent: { ...agent, owner },
    arguments: args ?? {},
    resource,
    mcp: undefined,
    unpinned: [],
    leftOpen,
  }
  const host = hostOf({ action: entry.name, resource })
  const asked = { agent: agent.id, action: entry.name, arguments: args, purpose, host }
  return weigh(questionOf(facts, asked, { moment, tier, now }))
}

/** The part that has a fact; undefined if the fact is unknown. The program of today's agent names its task. */
function partOf(
  fact: Fact,
  knows: { id: boolean; arguments: boolean; purpose: boolean; today: boolean },
): Part | undefined {
  const [root, of, member] = fact
  if (root === 'principal') return 'fixed'
  if (root === 'resource') return knows.id ? 'place' : undefined
  switch (of) {
    case 'agent':
    case 'credential':
    case 'moment':
      return 'fixed'
    case 'arguments':
    case 'unpinned':
      return knows.arguments ? 'fixed' : undefined
    case 'purpose':
      return knows.purpose ? 'purpose' : undefined
    case 'approval':
      return member === 'tier' ? 'tier' : member === undefined ? undefined : 'fixed'
    case 'resource':
      return knows.id || (member !== undefined && member !== 'id') ? 'place' : undefined
    case 'ambient':
      return knows.today && knows.id ? 'place' : undefined
    case 'record':
    case 'task_source':
    case 'delegationDepth':
      return knows.today ? 'fixed' : undefined
    default:
      return undefined
  }
}

const isPermitted = (verdicts: readonly Verdict[]) => verdicts.some(({ permit }) => permit !== 'never')

/** The tier of all permitted asks with these facts; undefined if it depends on unknown ones. */
function tierOf(rungs: readonly number[], verdicts: readonly Verdict[]): number | undefined | 'refused' {
  const at = verdicts.findIndex(({ permit }) => permit !== 'never')
  const [found, ...higher] = verdicts.slice(at)
  if (at < 0 || !found) return 'refused'
  return found.permit === 'always' || higher.every(({ left }) => left === found.left) ? rungs[at] : undefined
}
