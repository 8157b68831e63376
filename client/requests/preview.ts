// Rules: test/client/requests/show.test.ts
import type { Change, Difference, Request } from '../../functions/domain/cards/wire/request.ts'
import { type Around, time } from '../screen.ts'
import { changeSetWords } from './change-set.ts'

const faults: { readonly [why: string]: string } = {
  denied: 'access was denied',
  unavailable: 'it did not answer in time',
  unreadable: 'the answer had another form than expected',
}

/** `changes show` has all of them. */
const mostLines = 20

const noPreview = 'the present state is not shown: Hotwork has no preview of this action'

/**
 * The present values and those after the act: one line for each changed argument, one for the rest, one for the
 * preview's limits.
 */
export function previewWords(
  {
    preview,
    shown,
    runs_as: isRun,
  }: {
    preview?: Request['preview']
    runs_as?: string | undefined
    shown?: Pick<NonNullable<Request['shown']>, 'preview'> | undefined
  },
  surroundings: Around,
): string[] {
  if (!preview) return [noPreview]
  const at = time(preview.observed_at, surroundings)
  const reach = (preview.reach ?? []).map(
    ({ label, value }) => `${label}: ${value === undefined ? 'unknown' : JSON.stringify(value)}`,
  )
  if (preview.failed !== undefined)
    return [`Hotwork could not read the present state: ${faults[preview.failed] ?? preview.failed}, at ${at}`, ...reach]
  if (preview.state === undefined) return [noPreview, ...reach]
  if (isRun || preview.change)
    return [
      ...(preview.change ? changeSetWords(preview.change, mostLines) : []),
      `the definition was read at ${at}`,
      ...reach,
    ]
  const rows = shown?.preview ?? rowsOf(preview.before, { ...preview.before, ...preview.after })
  const same = rows.filter((row) => row.same).map(({ name }) => name)
  return [
    ...rows.filter((row) => !row.same).map(differenceWords),
    ...(same.length === rows.length ? ['no shown value: they are equal already'] : []),
    ...(same.length > 0 && same.length < rows.length ? [`stays as it is: ${same.join(', ')}`] : []),
    `the present value was read at ${at}${preview.gap ? '; AWS cannot check it at the call: a change after the last check is not noticed' : ''}`,
    ...reach,
  ]
}

const differenceWords = ({ name, before, after, masked, note }: Difference): string =>
  `${name}  ${before ?? '(none)'} -> ${after ?? '(removed)'}${masked ? ' (masked)' : ''}${note === undefined ? '' : `   <- ${note}`}`

type Values = { [name: string]: unknown }

function rowsOf(before: Values = {}, after: Values = {}): Difference[] {
  const names = [...new Set([...Object.keys(after), ...Object.keys(before)])]
  return names.map((name) => {
    const [from, to] = [textOf(before, name), textOf(after, name)]
    return { name, ...(from && { before: from }), ...(to && { after: to }), same: from === to, masked: false }
  })
}

const textOf = (values: Values, name: string): string | undefined =>
  Object.hasOwn(values, name) ? JSON.stringify(values[name]) : undefined

/** The change of the resource since people decided. */
export function changeWords({ at, from, to, approvers, was_approved }: Change, surroundings: Around): string {
  const rows = rowsOf(from.before, to.before).filter(({ same }) => !same)
  const what = rows.length === 0 ? 'none of the values that are shown' : rows.map(differenceWords).join(', ')
  const after = approvers.length === 0 ? '' : `, after ${approvers.join(', ')} approved`
  return `seen at ${time(at, surroundings)}${after}${was_approved ? ', before anything was done' : ''}: ${what}; approvals start again`
}
