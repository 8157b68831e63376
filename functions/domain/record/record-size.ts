import type { Command } from './commands.ts'
import { largestPreview, mostDrifts } from './preview.ts'
import { type ApprovalRequest, type Grant, grantOf } from './request.ts'

/**
 * DynamoDB refuses items over 400 KB, and a record of that size could not be ended. So growth is refused while there is
 * still room for everything that can end it.
 */

/** Bytes, of 409,600. The rest is for keys and indexes. */
const largestState = 400_000

/** Bytes. A note beyond it is in its entry alone. */
const notesRoom = 64_000

/** Bytes for a denial's comment, a review's note, and the other texts of an ending. */
const endingRoom = 48_000
const useEndRoom = 100

/** Each drift adds a preview, and is never refused for lack of room. */
const driftRoom = ({ preview, drifts = [] }: ApprovalRequest): number =>
  preview?.outcome === 'matched' ? (mostDrifts - drifts.length) * largestPreview : 0

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
  // A UTF-16 character is at most three bytes.
  return charactersOf(state) * 3 <= room || bytesOf(state) <= room
}

/** A cache of sizes: parts that a state shares with the one before are not serialized again. */
const measured = new WeakMap<object, number>()
function charactersOf(state: ApprovalRequest): number {
  let sum = 2
  for (const [name, value] of Object.entries(state)) sum += name.length + 4 + lengthOf(value)
  return sum
}
function lengthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return `${JSON.stringify(value)}`.length
  const known = measured.get(value)
  if (known !== undefined) return known
  const length = JSON.stringify(value).length
  measured.set(value, length)
  return length
}

/** Never refused for lack of room. */
const endings = [
  'wake',
  'withdraw',
  'complete',
  'revoke',
  'revoke_credential',
  'issue',
  'end_use',
  'end_call',
  'return_call',
  'resolve_call',
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
