import { digestOf } from '../../domain/digest.ts'
import { exact, inert, lookalikeNote } from '../../domain/inert.ts'
import { agentOf, type Bundle, personOf } from '../../domain/policy/bundle.ts'
import { titleOf } from '../../domain/policy/catalogue.ts'
import { tierOf } from '../../domain/policy/ladder.ts'
import {
  type ApprovalRequest,
  approversOf,
  grantOf,
  openStage,
  type SettledBy,
  usesLeft,
} from '../../domain/requests/request.ts'
import { type Digest, duration, type Json, type NumericDate } from '../../domain/values.ts'
import { type Html, html } from './layout.ts'
import { count, time } from './words.ts'

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
type Narrowable = { name: string; most: number; least: number }

export function narrowablesOf({ ask }: ApprovalRequest, { actions }: PageBundle): readonly Narrowable[] {
  const entry = actions[ask.action]
  return (entry?.narrowable ?? []).flatMap((name) => {
    const [most, schema] = [ask.arguments[name], entry?.arguments.properties[name]]
    if (typeof most !== 'number' || schema?.type !== 'integer' || schema.minimum >= most) return []
    return [{ name, most, least: schema.minimum }]
  })
}

/** How a request stands in two or three words, and whether that is good, bad or yet to be. */
type StatusChip = { words: string; kind: 'wait' | 'go' | 'stop' | 'over' }

export function statusChip(state: ApprovalRequest): StatusChip {
  switch (state.status) {
    case 'pending': {
      const stage = openStage(state)
      if (!stage) return { words: 'Waiting', kind: 'wait' }
      const escalated = stage.escalatedAt === undefined ? '' : ', escalated'
      const approved = `${approversOf(stage).length} of ${stage.terms.quorum} approved`
      return { words: `Waiting for ${stage.terms.name}: ${approved}${escalated}`, kind: 'wait' }
    }
    case 'approved':
      return { words: state.grant.claimedAt === undefined ? 'Approved, not claimed yet' : 'In use', kind: 'go' }
    case 'completed':
      return { words: `Completed: ${state.outcome}`, kind: 'over' }
    case 'denied':
      return { words: 'Denied', kind: 'stop' }
    case 'expired':
      return { words: 'Expired', kind: 'over' }
    case 'withdrawn':
      return { words: 'Withdrawn', kind: 'over' }
    case 'revoked':
      return { words: 'Revoked', kind: 'stop' }
    default:
      return state satisfies never
  }
}

/** What has become of it, in a sentence: by whom, when and why, or until when. */
export function becameOf(state: ApprovalRequest, bundle: PageBundle, now: NumericDate): Html {
  const by = (who: SettledBy) => (who === 'system' ? 'a rule of Hotwork' : nameOf(bundle, who))
  const why = (reason: string | undefined) => (reason ? html`: “${reason}”` : '.')
  switch (state.status) {
    case 'pending': {
      const deadline = openStage(state)?.deadline ?? state.decideBy
      return html`To be decided by ${time(deadline, now)}. Silence approves nothing.`
    }
    case 'approved': {
      const { claimedAt, claimBy, notAfter } = state.grant
      const left = count(usesLeft(state), 'use')
      return claimedAt === undefined
        ? html`The agent can claim its credential until ${time(claimBy, now)}; ${left} of it left.`
        : html`The credential is good until ${time(notAfter, now)}; ${left} left.`
    }
    case 'completed':
      return html`The agent reported the end ${time(state.completedAt, now)}${why(state.note)}`
    case 'denied':
      return html`By ${by(state.deniedBy)}, ${time(state.deniedAt, now)}${why(state.reason)}`
    case 'expired':
      return html`Its time was up ${time(state.expiredAt, now)}${grantOf(state) ? '; its credential ended with it.' : '; nothing was approved.'}`
    case 'withdrawn':
      return html`The agent withdrew it ${time(state.withdrawnAt, now)}.`
    case 'revoked':
      return html`By ${by(state.revokedBy)}, ${time(state.revokedAt, now)}${why(state.reason)}`
    default:
      return state satisfies never
  }
}
