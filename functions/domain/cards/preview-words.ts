// Rules: test/channels/slack/cards/card.test.ts
import { clamp, exact, inert, noteOfJson } from '../inert.ts'
import type { ChangeSummary } from '../policy/change-summary.ts'
import { changing, hidden, staying } from '../previews/mask.ts'
import { type Matched, type Preview, previewOfStep, type ReachFact, type ReadFault } from '../record/preview.ts'
import type { Json, JsonObject } from '../values.ts'
import { changedSteps, type StepView } from './plan-view.ts'
import { stepsNamed } from './plan-words.ts'
import { endsOf, entryLine } from './registry-words.ts'
import type { ChangeView, RequestView } from './request-view.ts'
import type { Sentence } from './sentence.ts'
import { nameOf } from './who.ts'

/** The present and the future values of a resource, in the words of every channel. Values of others are inert here. */

export type Difference = {
  label: string
  /** As JSON; undefined if absent. */
  before?: string
  after?: string
  isSame: boolean
  /** True if its class hides it, in part or as a whole. */
  isMasked: boolean
  note: string
}

const notThere = '(none)'
const gone = '(removed)'

/** One row for each argument, changed ones first. */
export function differencesOf({ before, after, masked = [] }: Matched): readonly Difference[] {
  const names = [...new Set([...Object.keys(after), ...Object.keys(before)])]
  // An argument that the request leaves out keeps its present value.
  const rows = names.map((name) =>
    difference(name, valueIn(before, name), valueIn(after, name) ?? valueIn(before, name), masked),
  )
  return [...rows.filter(({ isSame }) => !isSame), ...rows.filter(({ isSame }) => isSame)]
}

/** The present values beside the values that people decided on. */
const driftOf = (from: Matched, to: Matched): readonly Difference[] =>
  [...new Set([...Object.keys(from.before), ...Object.keys(to.before)])]
    .map((name) =>
      difference(name, valueIn(from.before, name), valueIn(to.before, name), [
        ...(from.masked ?? []),
        ...(to.masked ?? []),
      ]),
    )
    .filter(({ isSame }) => !isSame)

/** Own members only, since an argument may be called `constructor`. */
const valueIn = (values: JsonObject, name: string): Json | undefined =>
  Object.hasOwn(values, name) ? values[name] : undefined

function difference(name: string, from: Json | undefined, to: Json | undefined, masked: readonly string[]): Difference {
  const isMasked = masked.includes(name)
  const isHidden = isMasked && [from, to].every((value) => value === undefined || ownWords.includes(value))
  const before = from === undefined ? undefined : shown(from, isHidden)
  const after = to === undefined ? undefined : shown(to, isHidden)
  return {
    label: inert(name),
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
    isSame: before === (isMasked && to !== undefined ? shown(unsaid(to), isHidden) : after),
    isMasked,
    note: noteOfJson(from, to),
  }
}

/**
 * Hotwork's own words, without quotes. They count only if both sides have them, since an agent's cut value may look
 * like them. All other values are quoted JSON.
 */
const ownWords: readonly unknown[] = [hidden, `${hidden}${staying}`, `${hidden}${changing}`]
const shown = (value: Json, isHidden: boolean): string => (isHidden ? String(value) : exact(value))

/** A masked value without its ending `as before` or `another value`. */
function unsaid(value: Json): Json {
  if (typeof value === 'string') return value.endsWith(staying) ? value.slice(0, -staying.length) : value
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return (value as readonly Json[]).map(unsaid)
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, unsaid(each)]))
}

/** The longest shown value: a longer one is cut around the difference, since the rest is equal. */
const longest = 120
const around = 24

/** Both sides, short enough to compare at a glance. */
export function sidesOf({ before, after }: Difference): { before: string; after: string } {
  if (before === undefined || after === undefined) return { before: before ?? notThere, after: after ?? gone }
  if (before.length <= longest && after.length <= longest) return { before, after }
  const [one, other] = [piecesOf(before), piecesOf(after)]
  const least = Math.min(one.length, other.length)
  let start = 0
  while (start < least && one[start] === other[start]) start += 1
  let end = 0
  while (end < least - start && one[one.length - 1 - end] === other[other.length - 1 - end]) end += 1
  return { before: middleOf(one, start, end), after: middleOf(other, start, end) }
}

/** The characters of a text, each of JSON's escapes as one. */
const piecesOf = (text: string): readonly string[] => text.match(/\\u[\da-f]{4}|\\.|[\s\S]/gu) ?? []

function middleOf(pieces: readonly string[], start: number, end: number): string {
  const [before, after] = [Math.max(0, start - around), Math.max(0, end - around)]
  const same = (count: number) => (count === 0 ? '' : `…+${count} the same…`)
  return `${same(before)}${pieces.slice(before, pieces.length - after).join('')}${same(after)}`
}

/** The difference in one line. */
export function differenceText(row: Difference): string {
  const { before, after } = sidesOf(row)
  return `${row.label} ${before} → ${after}${maskOf(row)}`
}

export const maskOf = ({ isMasked }: Pick<Difference, 'isMasked'>): string => (isMasked ? ' (masked)' : '')

/** A row for each fact about what the act reaches. A text has quotes, to differ from Hotwork's `unknown`. */
export const reachRows = (preview: { reach?: readonly ReachFact[] | undefined } | undefined) =>
  (preview?.reach ?? []).map(({ label, value }) => ({
    label: inert(label),
    value: value === undefined ? 'unknown' : exact(value),
  }))

export const reachWords = (preview: Parameters<typeof reachRows>[0]): readonly Sentence[] =>
  reachRows(preview).map(({ label, value }): Sentence => [`${label}: `, { value }])

export const whyNotRead: { readonly [why in ReadFault]: string } = {
  denied: 'access was denied',
  unavailable: 'it did not answer in time',
  unreadable: 'the answer had another form than expected',
}

/** The kind of change: a new resource, no change, or neither. */
export function kindOfChange(preview: Matched): Sentence {
  // A run is not a value, and a change set has its own lines.
  if (preview.run) return []
  const rows = differencesOf(preview)
  if (Object.keys(preview.before).length === 0) return [{ bold: 'It does not exist yet' }, ': this creates it. ']
  return rows.every(({ isSame }) => isSame) ? [{ bold: 'It is so already' }, ': nothing that is shown changes. '] : []
}

const noPreview = 'The present state is not shown: Hotwork has no preview of this action.'

/** The reading and its effect on an approval, in one line; also if nothing was read. */
export const previewLine = (view: Previewed): Sentence => [
  ...(view.preview?.outcome === 'matched' ? kindOfChange(view.preview) : []),
  ...endsOf(view),
  ...readingLine(view),
]

type Previewed = Pick<RequestView, 'preview' | 'status' | 'registry'>

/** The same without the kind of the change. */
export function readingLine(view: Previewed): Sentence {
  const { preview, status } = view
  if (view.registry) return entryLine(view)
  if (!preview) return [noPreview]
  const at = { time: preview.observedAt }
  if (preview.outcome === 'none') return [`${noPreview} Facts about what it touches were read at `, at, '.']
  const isOpen = status === 'pending' || status === 'approved'
  if (preview.outcome === 'failed')
    return [
      { bold: 'Hotwork could not read the present state' },
      `: ${whyNotRead[preview.why]}, at `,
      at,
      isOpen ? '. An approval holds for any state.' : '.',
    ]
  const read = preview.run ? 'The definition was read at ' : 'The present value was read at '
  if (!isOpen) return [read, at, '.']
  return [
    read,
    at,
    `. If it changes before ${preview.run ? 'the run is started' : 'the credential is issued'}, approvals do not count and you are asked again.`,
    ...(preview.gap ? [' ', { bold: 'AWS cannot check it at the call' }, ': a change after that is not noticed.'] : []),
  ]
}

/** The longest value in a sentence, in characters. */
const longestChange = 300

/** The reason why approvals begin again, and the reader's next step. */
export function changeSentence({ at, from, to, approvers, wasApproved, steps }: ChangeView, isLast: boolean): Sentence {
  const people = approvers.map(nameOf).join(', ')
  const when = wasApproved ? ', before anything was done' : ''
  return [
    { bold: 'The resource changed' },
    ', seen at ',
    { time: at },
    ...(people === '' ? [] : [`, after ${people} approved${when}`]),
    ': ',
    ...(steps ? [`of ${stepsNamed(steps)}`] : changedValues(from, to)),
    isLast ? '. Decide again.' : '.',
  ]
}

/** The changed values: from those that people decided on to the present ones. */
export function changedValues(from: Preview | undefined, to: Preview): Sentence {
  if (to.steps && from)
    return (changedSteps(from, to) ?? []).flatMap((step, index) => [
      `${index === 0 ? '' : '; '}step ${step}: `,
      ...changedValues(previewOfStep(from, step), previewOfStep(to, step) ?? to),
    ])
  if (from?.outcome !== 'matched' || to.outcome !== 'matched') return ['it could not be read each time']
  if (to.run) return ['the definition of the run, or its role']
  const rows = driftOf(from, to)
  if (rows.length === 0) return ['in none of the values that are shown here']
  return rows.flatMap((row, index) => [
    ...(index === 0 ? [] : [', ']),
    { value: clamp(differenceText(row), longestChange).text },
  ])
}

/** The present and future values of one step, in one line; undefined if there is nothing to say. */
export function stepPreview({ preview, after }: StepView): Sentence {
  if (after !== undefined) return [`Not read: step ${after} changes it first.`]
  if (!preview || preview.outcome === 'none') return [noPreview, ...reachAfter(preview)]
  if (preview.outcome === 'failed')
    return [
      { bold: 'Hotwork could not read the present state' },
      `: ${whyNotRead[preview.why]}.`,
      ...reachAfter(preview),
    ]
  const changing = differencesOf(preview).filter(({ isSame }) => !isSame)
  return [
    ...kindOfChange(preview),
    ...changing.flatMap((each, at): Sentence => [at === 0 ? '' : ', ', { value: differenceText(each) }]),
    ...(preview.gap ? [' AWS cannot check it at the call.'] : []),
    ...reachAfter(preview),
  ]
}

/** The facts about what a step reaches, in the same line. */
export const reachAfter = (preview: Parameters<typeof reachRows>[0]): Sentence =>
  reachWords(preview).flatMap((each) => [' ', ...each, '.'])

/** The readings of all steps, and their effect on an approval. */
export function planPreview({ steps, status }: Pick<RequestView, 'status'> & { steps: readonly StepView[] }): Sentence {
  const read = steps.flatMap(({ preview }) => (preview && preview.outcome !== 'none' ? [preview] : []))
  if (read.length === 0) return ['The present state is not shown.']
  const at = Math.max(...read.map(({ observedAt }) => observedAt))
  const isOpen = status === 'pending' || status === 'approved'
  return [
    'The present state was read at ',
    { time: at },
    isOpen ? '. If it changes before a step is taken, approvals do not count and you are asked again.' : '.',
  ]
}
