import { digestOf } from '../../domain/digest.ts'
import { exact, inert, lookalikeNote } from '../../domain/inert.ts'
import type { Bundle } from '../../domain/policy/bundle.ts'
import { agentOf, personOf } from '../../domain/policy/bundle.ts'
import { titleOf } from '../../domain/policy/catalogue.ts'
import { tierOf } from '../../domain/policy/ladder.ts'
import type { ApprovalRequest } from '../../domain/requests/request.ts'
import type { Digest, Json } from '../../domain/values.ts'
import { duration } from '../../domain/values.ts'
import { count } from './words.ts'

/** What of the bundle a page needs. */
export type PageBundle = Pick<Bundle, 'actions' | 'agents' | 'directory' | 'ladder' | 'breakGlass' | 'deployment'>

/** All that a person decides on, as text that deceives no eye, whole: nothing of it is ever cut. */
export type PageFacts = {
  id: string
  round: number
  digest: string
  title: string
  action: string
  environment: string
  classification: string
  resource: { type: string; id: string; note: string }
  arguments: readonly { name: string; value: string; note: string }[]
  tier: string
  policies: readonly string[]
  leavesOpen: readonly string[]
  askedBy: string
  delegatedBy: readonly string[]
  task: string
  purpose: string
  terms: string
  undo: string
  /** What the agent says of it. Nobody has verified it. */
  claim?: string
}

/** Facts of a request: they change with its round alone, so a page that shows others shows another request. */
export function factsOf(state: ApprovalRequest, bundle: PageBundle): PageFacts {
  const { ask, round } = state
  const entry = bundle.actions[ask.action]
  const tier = tierOf(bundle.ladder, state.tier)
  const agent = agentOf(bundle as Bundle, ask.agent.id)
  const url = ask.parentTask.url === undefined ? '' : `, ${inert(ask.parentTask.url)}`
  const claim = ask.justification?.trim()
  return {
    id: ask.id,
    round,
    digest: ask.digest,
    title: inert(entry ? titleOf(entry, ask.arguments) : ask.action),
    action: ask.action,
    environment: ask.environment,
    classification: ask.classification,
    resource: { type: ask.resource.type, id: inert(ask.resource.id), note: lookalikeNote(ask.resource.id) },
    arguments: Object.entries(ask.arguments).map(([name, value]) => ({
      name: inert(name),
      value: exact(value),
      note: lookalikeNote(JSON.stringify(value)),
    })),
    tier: `${state.tier}${tier ? `, ${inert(tier.name)}` : ''}`,
    policies: state.policies.map(inert),
    leavesOpen: ask.unpinned.map(inert),
    askedBy: `${ask.agent.id}${agent ? `, ${agent.autonomy}` : ''}, for ${nameOf(bundle, ask.owner)}`,
    delegatedBy: ask.chain.map(({ id, owner }) => `${id}, for ${nameOf(bundle, owner)}`),
    task: `${inert(ask.parentTask.id)}${url}${lookalikeNote(`${ask.parentTask.id}${url}`)}`,
    purpose: `${inert(ask.purpose)}${lookalikeNote(ask.purpose)}`,
    terms: `to be claimed within ${duration(ask.claimWithin)}, then good for ${duration(ask.lifetime)} and ${count(ask.uses, 'use')}`,
    undo: undoOf(entry),
    ...(claim ? { claim: inert(claim) } : {}),
  }
}

/** The digest of what a page shows to be decided: it stands in the decision, as what the person was shown. */
export const shownDigest = (facts: PageFacts): Digest => digestOf('hotwork.page.v1', facts as unknown as Json)

function undoOf(entry: PageBundle['actions'][string] | undefined): string {
  if (!entry) return 'not known: the catalogue no longer has this action'
  return `${entry.undo.possible ? '' : 'cannot be undone; '}${inert(entry.undo.how)}`
}

/** A person as people know them, with their id, which is what counts. */
export const nameOf = ({ directory }: Pick<PageBundle, 'directory'>, id: string): string => {
  const person = personOf({ directory } as Bundle, id)
  return person ? `${inert(person.name)} (${id})` : id
}

/** An argument that can be made less: a whole number that the catalogue lets be narrowed, and more than it must be. */
export type Narrowable = { name: string; most: number; least: number }

export function narrowablesOf({ ask }: ApprovalRequest, { actions }: PageBundle): readonly Narrowable[] {
  const entry = actions[ask.action]
  return (entry?.narrowable ?? []).flatMap((name) => {
    const [most, schema] = [ask.arguments[name], entry?.arguments.properties[name]]
    if (typeof most !== 'number' || schema?.type !== 'integer' || schema.minimum >= most) return []
    return [{ name, most, least: schema.minimum }]
  })
}
