import type { Command } from './commands.ts'
import { type ApprovalRequest, type Grant, grantOf } from './request.ts'

/**
 * How large a request may become: DynamoDB keeps no item over 400 KB, and a record that is too large could not even be
 * ended. So what makes it larger is refused while there is still room for all that can end it.
 */

/** Bytes of the state as JSON, of the 409,600 that an item has. The rest is for its keys and what its indexes need. */
const largestState = 400_000

/** The notes of ended uses together. A note that has no room here is in its entry alone. */
const notesRoom = 64_000

/** The last words: a denial's comment, which is also its reason, a review's note, and what else an ending sets. */
const endingRoom = 48_000
/** When and how one use ended, without its note. */
const useEndRoom = 100

const utf8 = new TextEncoder()
const bytesOf = (value: unknown): number => utf8.encode(JSON.stringify(value)).length

const notesOf = ({ uses }: Pick<Grant, 'uses'>): number =>
  uses.reduce((sum, { ended }) => sum + (ended?.note === undefined ? 0 : bytesOf(ended.note)), 0)

/** Whether the note of a use is kept with the grant. */
export const keepsNote = (grant: Pick<Grant, 'uses'>, note: string): boolean =>
  notesOf(grant) + bytesOf(note) <= notesRoom

/** Whether a request is small enough for all that can still end it, and its uses. */
export function hasRoom(state: ApprovalRequest): boolean {
  const grant = grantOf(state)
  const open = grant?.uses.filter(({ ended }) => !ended).length ?? 0
  const room = largestState - endingRoom - open * useEndRoom - (notesRoom - (grant ? notesOf(grant) : 0))
  const text = JSON.stringify(state)
  // A character of UTF-16 is at most three bytes: most states are small, and need no counting.
  return text.length * 3 <= room || utf8.encode(text).length <= room
}

/** Commands that end something, or say how something went that is done. They are never refused for want of room. */
const endings = new Set<Command['type']>([
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
  'review_break_glass',
])

export const endsSomething = (command: Command): boolean =>
  endings.has(command.type) || (command.type === 'decide' && command.verdict === 'deny')
