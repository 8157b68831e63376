import * as z from 'zod'
import { actOf } from '../../targets/kinds.ts'
import { filledFor, sealedAction } from '../break-glass/rights.ts'
import { type Bundle, settingsOf } from '../policy/bundle.ts'
import { type CatalogueEntry, deriveResource, pinnedBy } from '../policy/catalogue.ts'
import { resourcesOverlap } from '../policy/patterns.ts'
import { isLiteral, placesOf } from '../policy/templates.ts'
import { type Comparison, mostNames } from '../record/comparison.ts'
import { endedAt } from '../record/ended.ts'
import { openingOf } from '../record/origin.ts'
import { type ApprovalRequest, grantOf } from '../record/request.ts'
import { CredentialId, defined, type JsonObject, NumericDate } from '../values.ts'
import { isDataEvent } from './data-events.ts'
import { actionOf, compareArguments, type RecordedCall, shownValue } from './recorded-call.ts'

export const CallVerdict = z.enum(['approved', 'extra', 'refused'])
export type CallVerdict = z.infer<typeof CallVerdict>

/**
 * A call compared with the approval. It has names of arguments, and only values that are part of the resource's name.
 */
export const JudgedCall = z.strictObject({
  id: z.string(),
  at: NumericDate,
  action: z.string(),
  resource: z.string().optional(),
  account: z.string(),
  region: z.string(),
  verdict: CallVerdict,
  /** The reason why it is extra. */
  because: z.enum(['action', 'resource', 'arguments', 'repeated']).optional(),
  /** Arguments whose value differs from the approved one. */
  differs: z.array(z.string()).optional(),
  /** Members outside the catalogue: IAM cannot require their absence. */
  beyond: z.array(z.string()).optional(),
  error: z.string().optional(),
  credential: CredentialId.optional(),
})
export type JudgedCall = z.infer<typeof JudgedCall>

export const Actual = z.strictObject({
  /** Whether AWS credentials were issued. */
  issued: z.boolean(),
  calls: z.array(JudgedCall),
  /** Whether the grant had no use. */
  unused: z.boolean(),
  /** Approved actions that event history does not record. */
  notRecorded: z.array(z.string()),
  /** No further call is possible: the grant has ended, CloudTrail's delay has passed, and the whole record was read. */
  complete: z.boolean(),
  /** The record is longer than the part that was read. */
  more: z.boolean(),
  /** Accounts whose record failed to answer. */
  unread: z.array(z.string()),
})
export type Actual = z.infer<typeof Actual>

/** Seconds. CloudTrail delivers a call within about fifteen minutes. */
export const usualDelay = 1200

export const delayIn = ({ deployment }: Pick<Bundle, 'deployment'>): number =>
  deployment.callsRecordedWithin ?? usualDelay

type Right = { actions: readonly string[]; entry?: CatalogueEntry; resources?: readonly string[] }

/** The approval in the form for a comparison with calls. */
export type Approved = {
  rights: readonly Right[]
  /** The request's arguments; an opening pins none. */
  arguments?: JsonObject
  resource?: string
  /** The approved number of uses. */
  uses: number
  /** The read with which Hotwork looks up its own call. */
  lookUp?: string
}

type Facts = Pick<Bundle, 'actions' | 'deployment'>

function approvedBy({ ask }: Pick<ApprovalRequest, 'ask'>, facts: Facts): Approved {
  const opening = openingOf(ask)
  if (!opening) {
    const entry = facts.actions[ask.action]
    const { arguments: args, resource, uses } = ask
    const lookUp = actOf(ask.credential) === 'call' ? entry?.resolve?.action : undefined
    return defined({ rights: rightsIn(entry), arguments: args, resource: resource.id, uses, lookUp })
  }
  const uses = Number.POSITIVE_INFINITY
  if (opening.drill) return { rights: [], uses }
  if (opening.sealed) return { rights: Object.values(facts.actions).flatMap((entry) => rightsIn(entry)), uses }
  const rights = opening.rights
    .filter(({ action }) => action !== sealedAction)
    .flatMap(({ action, resources }) =>
      rightsIn(facts.actions[action]).map((right) => ({
        ...right,
        resources: resources.map((each) => filledFor(action, each, facts)),
      })),
    )
  return { rights, uses }
}

const rightsIn = (entry: CatalogueEntry | undefined): readonly Right[] =>
  entry?.statement === undefined ? [] : [{ actions: entry.statement.actions, entry }]

/** The judged calls, oldest first, each once. The first identical calls are approved, up to the approved number. */
function judgeCalls(calls: readonly RecordedCall[], approved: Approved, facts: Facts): readonly JudgedCall[] {
  const once = [...new Map(calls.map((call) => [call.id, call])).values()].toSorted((one, other) => one.at - other.at)
  let left = approved.uses
  return once.map((call) => {
    const found = compare(call, approved, facts)
    const isRepeated = found.verdict === 'approved' && found.counts && left < 1
    if (found.verdict === 'approved' && found.counts) left -= 1
    const { counts: _, ...told } = isRepeated
      ? { ...found, verdict: 'extra' as const, because: 'repeated' as const }
      : found
    const { id, at, account, region, error, credential } = call
    return { ...defined({ id, at, action: actionOf(call), account, region, error, credential }), ...told }
  })
}

type Found = Pick<JudgedCall, 'verdict' | 'because' | 'differs' | 'beyond' | 'resource'> & { counts: boolean }

function compare(call: RecordedCall, approved: Approved, facts: Facts): Found {
  const action = actionOf(call)
  const rights = approved.rights.filter(({ actions }) => actions.includes(action))
  const [{ entry } = {}] = rights
  const resource = resourceOf(call, entry, facts)
  const of = defined({ resource })
  if (call.error !== undefined) return { ...of, verdict: 'refused', counts: false }
  if (action === approved.lookUp) return { ...of, verdict: 'approved', counts: false }
  if (rights.length === 0) return { ...of, verdict: 'extra', because: 'action', counts: false }
  if (!rights.some(({ resources }) => isWithin(resource, resources)))
    return { ...of, verdict: 'extra', because: 'resource', counts: false }
  if (!entry || !approved.arguments) return { ...of, verdict: 'approved', counts: true }
  const { differs, beyond } = compareArguments(call, entry, {
    arguments: approved.arguments,
    resource: approved.resource,
  })
  const names = defined({
    differs: differs.length > 0 ? differs : undefined,
    beyond: beyond.length > 0 ? beyond : undefined,
  })
  if (differs.length === 0) return { ...of, verdict: 'approved', ...names, counts: true }
  const because = differs.some((name) => pinnedBy(entry).includes(name)) ? 'resource' : 'arguments'
  return { ...of, verdict: 'extra', because, ...names, counts: false }
}

/** Whether the resource is approved. If the record lacks its ARN, IAM has judged it. */
const isWithin = (resource: string | undefined, patterns: readonly string[] | undefined): boolean =>
  !resource?.startsWith('arn:') || patterns === undefined || patterns.some((each) => resourcesOverlap(each, resource))

/** The resource by the call's arguments, if the record shows them; else as recorded. */
function resourceOf(call: RecordedCall, entry: CatalogueEntry | undefined, { deployment }: Facts): string | undefined {
  const told = call.resources[0]
  if (!entry || !call.parameters) return told
  const names = placesOf(entry.resource.id).flatMap((path) =>
    path.startsWith('arguments.') ? [path.slice('arguments.'.length)] : [],
  )
  const shown = names.map((name) => [name, shownValue(call.parameters ?? {}, name)] as const)
  if (shown.some(([, value]) => typeof value !== 'string' || !isLiteral(value) || value.startsWith('arn:'))) return told
  return deriveResource(entry, Object.fromEntries(shown) as JsonObject, settingsOf({ deployment }, entry)).id
}

/** The approved actions that event history does not record. */
const notRecordedOf = ({ rights }: Pick<Approved, 'rights'>): string[] =>
  [...new Set(rights.flatMap(({ actions }) => actions))].filter(isDataEvent).sort()

type Read = { calls: readonly RecordedCall[]; more: boolean; unread: readonly string[]; issued: boolean }

/** @param delay seconds after the end in which CloudTrail may still report calls */
export function actualOf(
  state: ApprovalRequest,
  { calls: recorded, more, unread, issued }: Read,
  { now, delay, facts }: { now: NumericDate; delay: number; facts: Facts },
): Actual {
  const approved = approvedBy(state, facts)
  const calls = [...judgeCalls(recorded, approved, facts)]
  const notRecorded = issued ? notRecordedOf(approved) : []
  const isSettled = state.status !== 'pending' && state.status !== 'approved'
  const ended = endedAt(state)
  const isOver = issued ? ended !== undefined && now >= ended + delay : isSettled
  return {
    ...{ issued, calls, notRecorded, more, unread: [...unread] },
    unused: isUnused(state, calls, notRecorded, issued),
    complete: isOver && !more && unread.length === 0,
  }
}

function isUnused(
  state: ApprovalRequest,
  calls: readonly JudgedCall[],
  notRecorded: readonly string[],
  issued: boolean,
): boolean {
  const grant = grantOf(state)
  if (!grant) return false
  // Uses at a tool are on Hotwork's own record.
  if (!issued) return grant.uses.length === 0 && grant.delegations.length === 0
  return calls.length === 0 && notRecorded.length === 0
}

export function comparisonOf({ calls, unused, complete, notRecorded }: Actual): Comparison {
  const count = (verdict: CallVerdict) => calls.filter((call) => call.verdict === verdict).length
  const extra = calls.filter(({ verdict }) => verdict === 'extra').map(({ action }) => action.slice(0, 128))
  return defined({
    approved: count('approved'),
    refused: count('refused'),
    extraCalls: extra.length,
    extra: [...new Set(extra)].sort().slice(0, mostNames),
    unused,
    notRecorded: notRecorded.length > 0 ? (true as const) : undefined,
    complete,
  })
}
