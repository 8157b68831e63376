// Rules: test/channels/slack/cards/card.test.ts
import { clamp, exact, inert, lookalikeNote, noteOfJson } from '../inert.ts'
import { saidTexts } from '../record/ask-terms.ts'
import { duration, type Json, type JsonObject, type Verdict } from '../values.ts'
import { hostRows } from './agent-record.ts'
import { stepChanges } from './plan-narrowed.ts'
import { doerRows, planEnd, planHeadline, planNow, planTerms, planUndo } from './plan-words.ts'
import { acceptance, awaited, changeNow } from './registry-words.ts'
import type { DecisionView, NarrowingView, RequestView, StageView } from './request-view.ts'
import { approvalsOf, openStageOf } from './request-view.ts'
import { runAfter, runNow } from './run-words.ts'
import { type PlacedRow, type Row, type Sentence, unquoted } from './sentence.ts'
import { nameOf, type Who } from './who.ts'

/**
 * The sentences of a request that are the same in every channel. Texts of others in them are inert. Values and people's
 * words are separate parts, so that a channel can set them apart from Hotwork's words.
 */

/** The progress of a request. Each channel has a sign for each value. */
export type Progress =
  | 'waiting'
  | 'escalated'
  | 'approved'
  | 'in_use'
  | 'completed'
  | 'denied'
  | 'expired'
  | 'withdrawn'
  | 'revoked'

export function progressOf(view: RequestView): Progress {
  switch (view.status) {
    case 'pending':
      return isEscalated(openStageOf(view)) ? 'escalated' : 'waiting'
    case 'approved':
      return view.grant?.claimedAt === undefined && !view.steps?.some(({ openedAt }) => openedAt)
        ? 'approved'
        : 'in_use'
    default:
      return view.status
  }
}

const isEscalated = (stage: StageView | undefined) => stage?.escalatedAt !== undefined && stage.escalateTo !== undefined

export function headlineOf(view: RequestView): string {
  const progress = progressOf(view)
  switch (progress) {
    case 'waiting':
    case 'escalated': {
      const first = awaited(view)
      return first ? `Waiting for ${nameOf(first)} to accept it` : waitingHeadline(view)
    }
    case 'approved':
      if (view.registry) return 'Approved, not written yet'
      return view.steps ? planHeadline(view.steps) : 'Approved, credential not collected yet'
    case 'in_use':
      if (view.run?.status === 'running') return 'Its run goes on'
      return view.steps ? planHeadline(view.steps) : 'In use'
    case 'completed':
      return `Completed: ${view.ended?.outcome}`
    case 'denied':
      return deniedWord(view)
    case 'expired':
      return 'Expired'
    case 'withdrawn':
      return 'Withdrawn'
    case 'revoked':
      return 'Revoked'
    default:
      return progress satisfies never
  }
}

const deniedWord = ({ outcome }: RequestView): string => (outcome === 'revise' ? 'Sent back' : 'Denied')

function waitingHeadline(view: RequestView): string {
  const stage = openStageOf(view)
  if (!stage) return 'Waiting'
  const wider = isEscalated(stage) ? `, escalated to ${stage.escalateTo}` : ''
  const later = view.stages.slice(view.stages.indexOf(stage) + 1).map(({ name }) => `, then ${name}`)
  return `Waiting for ${stage.name}${wider}: ${approvalCount(stage)}${later.join('')}${again[whyAgain(view) ?? 'first']}`
}

const again = { first: '', changed: ', the resource changed', narrowed: ', narrowed' } as const

/** The reason for this round: the latest change or narrowing. */
export function whyAgain({ round, narrowings, changes }: RequestView): 'changed' | 'narrowed' | undefined {
  const [narrowed, changed] = [narrowings.at(-1)?.at, changes.at(-1)?.at]
  if (changed !== undefined && changed >= (narrowed ?? 0)) return 'changed'
  return round > 1 ? 'narrowed' : undefined
}

export const approvalCount = (stage: StageView): string => `${approvalsOf(stage)} of ${stage.quorum} approved`

/**
 * The present state and its end, or how it ended. The note or reason is in `noteOf`.
 */
export function nowOf(view: RequestView): Sentence {
  const { status, grant, ended } = view
  const at = { time: ended?.at ?? view.submittedAt }
  const note = noteOf(view)
  const change = view.registry && changeNow(view)
  if (change) return change
  switch (status) {
    case 'pending':
      return [...acceptance(view), ...waitingNow(view)]
    case 'approved':
      if (view.steps) return planNow(view.steps, view)
      if (view.run) return runNow(view.run)
      return [
        ...(grant?.claimedAt === undefined
          ? [
              'The agent can collect the credential ',
              ...(view.notBefore === undefined ? [] : ['from ', { time: view.notBefore }, ' ']),
              'until ',
              { time: grant?.claimBy ?? view.submittedAt },
            ]
          : ['The credential is valid until ', { time: grant.notAfter }]),
        `. Uses left: ${grant?.usesLeft} of ${view.terms.uses}.`,
        ...(view.extends ? [' It is more time of ', { value: view.extends.request }, '.'] : []),
      ]
    case 'completed':
      if (view.run) return runNow(view.run)
      if (view.steps) return [...planEnd(view.steps, view), ...(note === undefined ? [] : [' Its note, unverified:'])]
      return [
        'The agent reported the end of the task at ',
        at,
        `. ${credentialAfter(view)}${note === undefined ? '' : ' Its note, unverified:'}`,
      ]
    case 'denied':
      return [`${deniedWord(view)} by `, { bold: settlerOf(view) }, ' at ', at, note === undefined ? '.' : '. Reason:']
    case 'expired':
      return [howExpired(view), at, '.']
    case 'withdrawn':
      return ['The agent withdrew it at ', at, '.']
    case 'revoked':
      return [
        'Revoked by ',
        { bold: settlerOf(view) },
        ' at ',
        at,
        '. ',
        ...(view.run ? [...runAfter(view.run), ' '] : []),
        `${credentialAfter(view)}${note === undefined ? '' : ' Reason:'}`,
      ]
    default:
      return status satisfies never
  }
}

function waitingNow(view: RequestView): Sentence {
  const stage = openStageOf(view)
  const until = { time: stage?.deadline ?? view.decideBy ?? view.submittedAt }
  const silence =
    stage?.escalateTo !== undefined && stage.escalatedAt === undefined ? `; then ${stage.escalateTo} may too` : ''
  const more = extensionOf(view)
  const start: Sentence = view.notBefore === undefined ? [] : [' It is to start at ', { time: view.notBefore }, '.']
  return [...more, 'Decide by ', until, `${silence}. Unanswered, the request ends.`, ...start]
}

/** The request that this one extends, and the people who approved it. */
function extensionOf({ extends: more, terms }: RequestView): Sentence {
  if (!more) return []
  const names = more.approvers.slice(0, 4).map(nameOf)
  const others = more.approvers.length - names.length
  const by = [...names, ...(others > 0 ? [`${others} more`] : [])].join(', ')
  const approved = names.length === 0 ? 'policy alone' : by
  return [
    { bold: `Asked again: ${duration(terms.lifetime)} more` },
    ' of ',
    { value: more.request },
    `, approved by ${approved}. `,
  ]
}

/** The time left and its base, since a card is redrawn at changes, not as time passes. */
export function leftWhenDrawn(view: RequestView): Sentence {
  const stage = openStageOf(view)
  if (!stage) return []
  const { opensAt, escalatedAt, deadline, decisions } = stage
  const changed = Math.max(opensAt ?? view.submittedAt, escalatedAt ?? 0, ...decisions.map(({ at }) => at))
  const left = duration(Math.max(0, (deadline ?? view.decideBy ?? 0) - changed))
  return left === '' ? [] : [` (${left} from `, { time: changed }, ')']
}

/** The state of a credential after its grant was ended. AWS takes some seconds to refuse it. */
function credentialAfter({ grant, steps, registry }: RequestView): string {
  if (registry) return 'Nothing was written.'
  if (steps) return 'The steps that were not over end with it.'
  if (grant?.claimedAt === undefined) return 'No credential was issued.'
  return grant.hasSessions
    ? 'AWS is told to deny its credentials, which takes some seconds.'
    : 'Its credential no longer works.'
}

function howExpired({ grant, steps, registry }: RequestView): string {
  if (grant && registry) return 'It was not written in time: the approval ended at '
  if (grant && steps) return 'The time of the plan was up at '
  if (!grant) return 'Too few people approved in time, and silence never approves: it ended at '
  return grant.claimedAt === undefined
    ? 'The agent did not collect the credential in time: the approval ended at '
    : 'The credential expired at '
}

/** The reason of the person who ended it, or the agent's note on the task. */
export function noteOf({ ended }: RequestView): string | undefined {
  const note = (ended?.note ?? ended?.reason ?? '').trim()
  return note === '' ? undefined : inert(note)
}

const settlerOf = ({ ended }: RequestView): string => (ended ? standInName(ended.by, ended.for) : '')

export const standInName = (person: Who, absent: Who | undefined): string =>
  absent === undefined ? nameOf(person) : `${nameOf(person)} for ${nameOf(absent)}`

export const verdictWords: { readonly [verdict in Verdict]: string } = {
  approve: 'approved',
  deny: 'denied',
  revise: 'sent back',
}

/** The person who decided and, if they stood in, the absent person. */
export const deciderOf = ({ person, for: absent }: DecisionView): string => standInName(person, absent)

export const titleParts = (title: RequestView['title']): Sentence =>
  title
    .filter(({ text }) => text !== '')
    .map(({ text, isValue }) => (isValue ? { value: inert(text) } : { bold: inert(text) }))

/** The title in plain text: values are in quotes. */
export const titleText = (title: RequestView['title'], limit = Number.POSITIVE_INFINITY): string =>
  clamp(title.map(({ text, isValue }) => (isValue ? `“${unquoted(text)}”` : inert(text))).join(''), limit).text

/** A list of more items is folded on the page, and its length stands in its name. */
const longList = 10

export type ArgumentRow = Required<Row> & { isLong?: true }

/**
 * Each argument as JSON, its members by path where the catalogue closes them, so that different values look different.
 */
export const argumentRows = ({
  arguments: args,
  nested = [],
}: Pick<RequestView, 'arguments' | 'nested'>): readonly ArgumentRow[] =>
  Object.entries(args).flatMap(([name, value]) =>
    (nested.includes(name) ? leavesOf(name, value) : [[name, value] as const]).map(([path, leaf]) => {
      const count = Array.isArray(leaf) && leaf.length > longList ? leaf.length : undefined
      return {
        label: inert(count === undefined ? path : `${path} (${count} items)`),
        text: exact(leaf),
        note: noteOfJson(leaf),
        ...(count === undefined ? {} : { isLong: true }),
      }
    }),
  )

/** Members whose names would make ambiguous paths stay in their object's JSON. */
function leavesOf(path: string, value: Json): readonly (readonly [string, Json])[] {
  const isRecord = (each: Json): each is JsonObject =>
    typeof each === 'object' && each !== null && !Array.isArray(each) && Object.keys(each).length > 0
  if (Array.isArray(value) && value.length > 0 && value.every(isRecord))
    return (value as readonly Json[]).flatMap((each, at) => leavesOf(`${path}[${at}]`, each))
  if (!isRecord(value) || !Object.keys(value).every((name) => /^[A-Za-z]\w*$/.test(name))) return [[path, value]]
  return Object.entries(value).flatMap(([name, each]) => leavesOf(`${path}.${name}`, each))
}

/** The MCP tool, its server and the digest of its input schema, as the server names them. */
export function toolRows({ mcp }: { mcp?: RequestView['mcp'] }): readonly Required<Row>[] {
  if (!mcp) return []
  const { server, tool, schema } = mcp
  const [called, name, version] = [tool, server.name, server.version].map((each) => `“${unquoted(each)}”`)
  const text = `${called} of ${name} ${version}, input schema ${schema.slice(0, 24)}`
  return [{ label: 'MCP tool', text, note: lookalikeNote(`${tool} ${server.name} ${server.version}`) }]
}

export const tierText = ({ tier: { number, most, name } }: RequestView): string =>
  `${number} of ${most}${name === undefined ? '' : ` (${clamp(inert(name), 64).text})`}`

/** The agent that asks, or the person who asks on its behalf, in lists. */
export const askerText = ({ agent, askedBy, registry }: RequestView): string => {
  if (registry) return nameOf(agent.owner)
  return askedBy === undefined ? agent.id : `${nameOf(askedBy)} for ${agent.id}`
}

/** The person who asks on the agent's behalf, if any; then the agent and its owner. */
export function askerRows(view: RequestView): readonly PlacedRow[] {
  const { agent, askedBy, host, chain, submittedAt, steps = [] } = view
  if (view.registry)
    return [
      { label: 'Asked by', first: true, text: nameOf(agent.owner) },
      {
        label: 'May not decide it',
        first: true,
        text: `${view.barred?.map(nameOf).join(', ')}: asks, or answers for the agent`,
      },
    ]
  const autonomy = agent.autonomy === undefined ? '' : `, ${agent.autonomy}`
  const agentText = `${agent.id}${autonomy}, for ${nameOf(agent.owner)}`
  return [
    {
      label: 'Asked by',
      first: true as const,
      text: askedBy === undefined ? agentText : `${nameOf(askedBy)}, on behalf of ${agentText}`,
    },
    ...(view.runsAs === undefined ? [] : [{ label: 'Runs as', first: true as const, text: inert(view.runsAs) }]),
    ...(host ? hostRows(agent.id, host, submittedAt) : []),
    ...chain.map(({ id, owner }) => ({ label: 'Delegated by', text: `${id}, for ${nameOf(owner)}` })),
    ...doerRows(steps, submittedAt, nameOf),
  ]
}

export function undoRow({ undo, steps }: RequestView): Row {
  if (steps) return planUndo(steps)
  if (!undo) return { label: 'Undo', text: 'not known: the catalogue no longer has this action' }
  return { label: undo.possible ? 'Undo' : 'Cannot be undone', text: inert(undo.how) }
}

/** The undo in three words, for the first lines. Undefined if the catalogue lacks it. */
export function undoText({ undo, steps }: Pick<RequestView, 'undo' | 'steps'>) {
  if (!steps) return undo && { possible: undo.possible, text: undo.possible ? 'can be undone' : 'cannot be undone' }
  const { label, text } = planUndo(steps)
  const possible = label === 'Undo'
  return { possible, text: possible ? 'each step can be undone' : `cannot be undone: ${text}` }
}

export function termsRow({ terms: { uses, claimWithin, lifetime }, steps, registry, runsAs }: RequestView): Row {
  if (registry) return { label: 'Terms', text: 'Hotwork writes it once it is approved. No credential is issued' }
  if (steps) return planTerms(steps)
  if (runsAs !== undefined)
    return {
      label: 'Terms',
      text: `the agent collects the credential within ${duration(claimWithin)}; then Hotwork may start it once, for ${duration(lifetime)}. That bounds its start, and not its end`,
    }
  return {
    label: 'Terms',
    text: `the agent collects the credential within ${duration(claimWithin)}; then it is valid for ${duration(lifetime)} and ${uses} ${uses === 1 ? 'use' : 'uses'}`,
  }
}

/** The round from the second on. */
export const roundText = ({ round }: Pick<RequestView, 'round'>): string =>
  round === 1 ? '' : `   Asked ${round} times`

/** A row of the agent's own words. `most`: the characters on a card. */
export type SaidRow = Required<Row> & { most: number }

/** The heading of words that Hotwork has not verified. A change of the registry has a person's words. */
export const saidHeading = ({ registry }: Pick<RequestView, 'registry'>): string =>
  `${registry ? 'The person who asks' : 'The agent'} says (unverified)`

/** The agent's own words, unverified. */
export const saidRows = (view: RequestView): readonly SaidRow[] => [...wordRows(view), ...evidenceRows(view)]

/** The titles and addresses of the agent's evidence. Its page has the texts. */
export const evidenceRows = ({ evidence = [] }: Pick<RequestView, 'evidence'>): readonly SaidRow[] =>
  evidence.map(({ title, url, text, media_type = 'text/plain' }) => ({
    label: 'Evidence',
    text: [
      `“${clamp(unquoted(title), 128).text}”`,
      ...(text === undefined ? [] : [`a text (${media_type})`]),
      // The host comes first, so that it survives a cut.
      ...(url === undefined ? [] : [`at ${clamp(inert(url), 320).text}, whose content may change after you decide`]),
    ].join(', '),
    note: lookalikeNote(`${title} ${url ?? ''}`),
    most: 512,
  }))

/** The agent's own words without its evidence. */
export function wordRows(view: RequestView): readonly SaidRow[] {
  if (view.registry) return []
  const { incident, parentTask } = view
  const { id, url } = parentTask
  const task = `${inert(id)}${url === undefined ? '' : ` ${inert(url)}`}`
  return [
    { label: 'Task', text: task, note: lookalikeNote(`${id} ${url ?? ''}`), most: 280 },
    ...(incident ? [{ label: 'Incident', text: incidentText(incident), note: '', most: 280 }] : []),
    ...saidTexts(view).map(({ text, ...row }) => ({ ...row, text: inert(text), note: lookalikeNote(text) })),
  ]
}

/** The incident beside the agent's words, with its source. */
const incidentText = ({ title, status, url }: NonNullable<RequestView['incident']>): string =>
  [
    `“${unquoted(title)}”`,
    ...(status === undefined ? [] : [` (${clamp(inert(status), 64).text})`]),
    ', says the incident service when asked',
    ...(url === undefined ? [] : [`: ${inert(url)}`]),
  ].join('')

/** The values that an approver narrowed, each before and after. */
export const changesOf = ({ arguments: args, uses, lifetime }: NarrowingView) => [
  ...Object.entries(args).flatMap(([name, { from, to }]) =>
    Array.isArray(from) && Array.isArray(to) && name === 'steps'
      ? stepChanges(from, to).map((each) => change(each.label, each.from, each.to))
      : [
          Array.isArray(from) && Array.isArray(to)
            ? itemsChange(name, from, to)
            : change(inert(name), exact(from), exact(to), noteOfJson(from, to)),
        ],
  ),
  ...(uses ? [change('uses', String(uses.from), String(uses.to))] : []),
  ...(lifetime ? [change('valid for', duration(lifetime.from), duration(lifetime.to))] : []),
]

/** The removed items come first, so that a cut of a long list spares them. */
function itemsChange(name: string, from: readonly Json[], to: readonly Json[]) {
  let at = 0
  const lost = from.filter((each) => {
    const stays = at < to.length && exact(to[at]) === exact(each)
    if (stays) at += 1
    return !stays
  })
  return change(inert(name), `${from.length} items`, `${to.length}, without ${lost.map(exact).join(', ')}`)
}

const change = (label: string, from: string, to: string, note = lookalikeNote(`${from} ${to}`)) => ({
  ...{ label, from, to, note },
})
