import { largestTree } from './change-tree.ts'
import type { Command } from './commands.ts'
import { largestPreview, mostDrifts } from './preview.ts'
import { type ApprovalRequest, type Grant, grantOf } from './request.ts'

/**
 * Limits of a record. DynamoDB refuses items over 400 KB, and a full record could not be ended. So growth is refused
 * while an ending still fits.
 */

/** The largest state, of DynamoDB's 409,600 bytes; the rest is for keys and indexes. Bytes. */
const largestState = 400_000

/** The room for notes. Further notes are only in their entries. Bytes. */
const notesRoom = 64_000

/** The room for a denial's comment, a review's note, and the other texts of an ending. Bytes. */
const endingRoom = 48_000
const useEndRoom = 100

/** The room for further drifts: each adds a preview, and is never refused. */
const driftRoom = ({ preview, drifts = [] }: ApprovalRequest): number =>
  preview?.outcome === 'matched'
    ? (mostDrifts - drifts.length) * largestPreview + (preview.run?.tree ? largestTree : 0)
    : 0

const utf8 = new TextEncoder()
const bytesOf = (value: unknown): number => utf8.encode(JSON.stringify(value)).length

const notesOf = ({ uses }: Pick<Grant, 'uses'>): number =>
  uses.reduce((sum, { ended }) => sum + (ended?.note === undefined ? 0 : bytesOf(ended.note)), 0)

export const keepsNote = (grant: Pick<Grant, 'uses'>, note: string): boolean =>
  notesOf(grant) + bytesOf(note) <= notesRoom

export function hasRoom(state: ApprovalRequest): boolean {
  const grant = grantOf(state)
  const open = grant?.uses.filter(({ ended }) => !ended).length ?? 0
  const notes = notesRoom - (grant ? notesOf(grant) : 0)
  const room = largestState - endingRoom - driftRoom(state) - open * useEndRoom - notes
  // A quick bound first: a UTF-16 character takes at most three bytes.
  return charactersOf(state) * 3 <= room || bytesOf(state) <= room
}

/** A cache of sizes, so that parts that two states share are serialized once. */
const measured = new WeakMap<object, number>()
/** An upper bound of the characters of a state in JSON, where none takes more than three bytes. */
function charactersOf(state: ApprovalRequest): number {
  const { refusals } = state
  let sum = 4
  // Each refusal changes the counts, so their size is not cached.
  for (const name in state)
    sum += name.length + 4 + (name === 'refusals' ? 0 : lengthOf(state[name as keyof ApprovalRequest]))
  for (const actor in refusals) sum += lengthOf(actor) + lengthOf(refusals[actor]) + 2
  return sum
}
function lengthOf(value: unknown): number {
  // An escape is six bytes, two for each of three; no number is longer than 24 characters.
  if (typeof value === 'string') return value.length * 2 + 2
  if (typeof value !== 'object' || value === null) return 24
  const known = measured.get(value)
  if (known !== undefined) return known
  const length = JSON.stringify(value).length
  measured.set(value, length)
  return length
}

/** Commands that are never refused for lack of room. */
const endings = [
  'wake',
  'withdraw',
  'complete',
  'apply_change',
  'revoke',
  'revoke_credential',
  'issue',
  'end_use',
  'end_call',
  'return_call',
  'resolve_call',
  'start_run',
  'end_run',
  'compare_calls',
  'review_break_glass',
  'open_step',
  'end_step',
  'begin_turn',
] as const satisfies readonly Command['type'][]
export type EndingCommand = (typeof endings)[number]
const ends = new Set<Command['type']>(endings)

export const endsSomething = (command: Command): boolean =>
  ends.has(command.type) || (command.type === 'decide' && command.verdict === 'deny')
