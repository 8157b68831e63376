import { inert } from '../inert.ts'
import type { Entry } from '../ledger/ledger.ts'
import { eventOf } from '../ledger/ledger.ts'
import type { Event } from '../record/events.ts'
import type { Preview } from '../record/preview.ts'
import type { JudgedCall } from '../uses/actual.ts'
import type { NumericDate } from '../values.ts'
import { defined } from '../values.ts'
import type { RequestView, ViewFacts } from './request-view.ts'
import { headlineOf } from './request-words.ts'
import type { Sentence } from './sentence.ts'
import { itemsOf, thingOf } from './timeline-words.ts'

/** The actors: the agent, people, Hotwork itself, the target, the log. */
export const lanes = ['agent', 'people', 'hotwork', 'target', 'log'] as const
export type Lane = (typeof lanes)[number]

export type Mark =
  | 'asked'
  | 'read'
  | 'opened'
  | 'approved'
  | 'denied'
  | 'changed'
  | 'issued'
  | 'used'
  | 'alarm'
  | 'ended'
  | 'anchored'
  | 'noted'

/**
 * An entry with the members that a reader needs to find and check it. `leaf` is its place in the log, if the latest
 * checkpoint covers it.
 */
export type EntryRef = Pick<Entry, 'id' | 'type' | 'policies' | 'bundle' | 'previous' | 'hash'> & {
  at: NumericDate
  actor: string
  leaf?: number
}

/** One thing that happened. */
export type TimelineItem = {
  at: NumericDate
  lane: Lane
  mark: Mark
  said: Sentence
  /** Details, line by line. */
  more: readonly Sentence[]
  /** The actor's own words. A list shows them, a picture does not. */
  why?: Sentence
  /** Its entries; empty for calls from CloudTrail and for the anchor. */
  entries: readonly EntryRef[]
  /** The summary of many items of one kind that are folded into one. */
  alike?: Sentence
}

export type Timeline = {
  id: RequestView['id']
  title: RequestView['title']
  headline: string
  items: readonly TimelineItem[]
  /** The entries, oldest first. */
  entries: readonly EntryRef[]
  /** The policies under which it was asked, by hash. */
  bundle?: string
  /** True if the record is longer than the part that was read. */
  isCut: boolean
}

/** A call in the grant's sessions, as CloudTrail has it. */
export type SeenCall = Pick<JudgedCall, 'at' | 'action' | 'resource' | 'verdict' | 'because' | 'error'>

/**
 * The latest checkpoint of the log: its URL, and the number of this request's entries that it covers, counted from the
 * first; or the reason why that is unknown.
 */
export type Anchor = { at: NumericDate } & (
  | { size: number; entries: number; leaves?: ReadonlyMap<string, number> }
  | { size: undefined }
)

export type Recorded = {
  entries: readonly Entry[]
  isCut?: boolean
  calls?: readonly SeenCall[]
  anchor?: Anchor
}

/** The whole life of a request, oldest first. Each entry is in one item or in a fold of several. */
export function describeTimeline(view: RequestView, recorded: Recorded, facts: ViewFacts): Timeline {
  const { entries, isCut = false, calls = [], anchor } = recorded
  let preview: Preview | undefined
  const told = groupsOf(entries, anchor).flatMap((group) => {
    const items = itemsOf(group, {
      facts,
      preview,
      isPlan: view.steps !== undefined,
      ...defined({ registry: view.registry }),
    })
    preview = group.events.map(previewIn).find((each) => each !== undefined) ?? preview
    return items
  })
  const items = calls.reduce<readonly TimelineItem[]>((all, call) => placed(all, itemOfCall(call)), told)
  return {
    id: view.id,
    title: view.title,
    headline: headlineOf(view),
    items: folded(anchor ? placed(items, itemOfAnchor(anchor, recorded)) : items),
    entries: entries.map((entry) => refOf(entry, anchor)),
    isCut,
    ...defined({ bundle: entries[0]?.bundle }),
  }
}

/** Entries about one thing: a use with its end, a credential with its intent. */
export type Group = { refs: readonly EntryRef[]; events: readonly Event[]; at: NumericDate; type: string }

export const refOf = (entry: Entry, anchor?: Anchor): EntryRef => {
  const { id, type, actor, policies, bundle, previous, hash } = entry
  const leaf = anchor?.size === undefined ? undefined : anchor.leaves?.get(id)
  const at = Date.parse(entry.at) / 1000
  return { ...{ id, type, at, actor: actor.id, policies, bundle, previous, hash }, ...defined({ leaf }) }
}

function groupsOf(entries: readonly Entry[], anchor: Anchor | undefined): readonly Group[] {
  const groups = new Map<string, { refs: EntryRef[]; events: Event[]; at: NumericDate; type: string }>()
  for (const entry of entries) {
    const event = eventOf(entry)
    const key = (event && thingOf(event)) ?? entry.id
    const group = groups.get(key) ?? { refs: [], events: [], at: Date.parse(entry.at) / 1000, type: entry.type }
    group.refs.push(refOf(entry, anchor))
    if (event) group.events.push(event)
    groups.set(key, group)
  }
  return [...groups.values()]
}

const previewIn = (event: Event): Preview | undefined => ('preview' in event ? event.preview : undefined)

/**
 * Inserts an item from another record before the first later item. The record's own order stays, also if a clock went
 * back.
 */
function placed(items: readonly TimelineItem[], item: TimelineItem): readonly TimelineItem[] {
  const later = items.findIndex(({ at }) => at > item.at)
  return later === -1 ? [...items, item] : items.toSpliced(later, 0, item)
}

const verdicts: { readonly [verdict in SeenCall['verdict']]: readonly [Mark, string] } = {
  approved: ['used', 'AWS was called as approved: '],
  extra: ['alarm', 'AWS was called beyond what was approved: '],
  refused: ['denied', 'AWS refused a call: '],
}

const becauseOf: { readonly [because in NonNullable<JudgedCall['because']>]: string } = {
  action: 'another action',
  resource: 'on another resource',
  arguments: 'with other arguments',
  repeated: 'once more',
}

function itemOfCall({ at, action, resource, verdict, because, error }: SeenCall): TimelineItem {
  const [mark, words] = verdicts[verdict]
  const why = because === undefined ? [] : [`, ${becauseOf[because]}`]
  const said: Sentence = [
    words,
    { value: inert(action) },
    ...why,
    ...(error === undefined ? [] : [`, ${inert(error)}`]),
  ]
  const more: readonly Sentence[] = resource === undefined ? [] : [['on ', { value: inert(resource) }]]
  return { at, lane: 'target', mark, said, more, entries: [], ...(verdict === 'extra' ? {} : { alike: said }) }
}

function itemOfAnchor(anchor: Anchor, { entries: { length }, isCut = false }: Recorded): TimelineItem {
  const { at } = anchor
  const told = { at, lane: 'log', entries: [] } as const
  if (anchor.size === undefined)
    return { ...told, mark: 'noted', said: ['Not known now: which of its entries are in the log'], more: [] }
  const { size, entries } = anchor
  const tree = `the log’s checkpoint of ${size} ${size === 1 ? 'entry' : 'entries'}`
  const checked: Sentence = ['its signature is checked by hotwork verify, not here']
  if (entries === 0)
    return { ...told, mark: 'noted', said: [`Not in the log yet: ${tree} has none of its entries`], more: [] }
  const of = entries === length && !isCut ? 'its last' : `of ${isCut ? 'more than ' : ''}${length}`
  return { ...told, mark: 'anchored', said: [`Anchored up to entry ${entries}, ${of}, in ${tree}`], more: [checked] }
}

/** The most items of one kind in a row that are shown one by one. */
const shownSingly = 3

/** Folds items alike in a row into one, at the place of the first. */
function folded(items: readonly TimelineItem[]): readonly TimelineItem[] {
  const runs: TimelineItem[][] = []
  for (const item of items) {
    const last = runs.at(-1)
    if (last?.[0]?.alike !== undefined && item.alike !== undefined) last.push(item)
    else runs.push([item])
  }
  return runs.flatMap(foldRun)
}

function foldRun(run: readonly TimelineItem[]): readonly TimelineItem[] {
  const kinds = Map.groupBy(run, kindOf)
  return run.flatMap((item) => {
    const kind = kinds.get(kindOf(item)) ?? []
    if (kind.length <= shownSingly) return [item]
    return kind[0] === item ? [foldOf(kind, item)] : []
  })
}

const kindOf = ({ lane, alike }: TimelineItem): string => JSON.stringify([lane, alike])

function foldOf(kind: readonly TimelineItem[], { at, lane, mark, said, alike = said }: TimelineItem): TimelineItem {
  return {
    at,
    lane,
    mark,
    said: [{ bold: `${kind.length} times` }, ' until ', { time: kind.at(-1)?.at ?? at }, ': ', ...alike],
    more: [],
    entries: kind.flatMap(({ entries }) => entries),
    ...defined({ alike }),
  }
}
