// Rules: test/client/adapters/tool-permits.test.ts
import { AlreadyRun, type Approved } from '../agent/approved.ts'
import type { Permit } from '../agent/permit-call.ts'
import { type Message, type Question, type Words, wordsForModel } from '../agent/words.ts'
import { Fault, Refusal } from '../outcome.ts'

/** A refused call. `message` tells the model the reason and its next step. */
export class NotPermitted extends Error {
  override readonly name = 'NotPermitted'
  readonly outcome: Exclude<Permit['outcome'], 'approved'> | 'already_run' | 'unavailable'
  readonly request: string | undefined
  /** Words of approvers to the agent. `message` has it too, quoted for a model. */
  readonly messages: readonly Message[]
  /** The arguments that an approver suggests. */
  readonly suggested: { readonly [name: string]: unknown } | undefined
  /** The questions of approvers on a request that waits. */
  readonly questions: readonly Question[]

  constructor(outcome: NotPermitted['outcome'], message: string, request?: string, words: Words = {}) {
    super([message, wordsForModel(words)].filter((part) => part !== '').join(' '))
    this.outcome = outcome
    this.request = request
    this.messages = words.messages ?? []
    this.suggested = words.suggested
    this.questions = words.questions ?? []
  }
}

/** @internal */
export function noFor(permit: Exclude<Permit, Approved>, action: string): NotPermitted {
  const { outcome, request } = permit
  const what = request === undefined ? `\`${action}\`` : `\`${action}\` (${request})`
  const no = (text: string) => new NotPermitted(outcome, text, request, permit as Words)
  switch (permit.outcome) {
    case 'denied':
      return no(`People denied ${what}. The tool did not run. Do not repeat this call.`)
    case 'revise':
      return no(
        `People want ${what} changed. The tool did not run. Call it again with changed arguments, for people to decide on.`,
      )
    case 'expired':
      return no(`Time ran out for ${what}. The tool did not run. Call it again if it is still needed.`)
    case 'pending':
      return no(`People have not decided on ${what} yet. The tool did not run. Go on with work that does not need it.`)
    case 'narrowed':
      return no(
        `People approved less of ${what}: ${JSON.stringify(permit.arguments)}. The tool did not run. ` +
          'Call it with these arguments if they are enough.',
      )
    case 'refused': {
      const { reason, detail } = permit
      if (reason === 'completed') return ranBefore(request ?? action, detail ?? 'it has ended')
      const why = detail === undefined ? reason : `${reason}, ${detail}`
      return no(`Hotwork refuses ${what}: ${why}. The tool did not run. The same call would be refused again.`)
    }
    default:
      return permit satisfies never
  }
}

/**
 * @internal Turns a refusal into `NotPermitted`, and returns any other error unchanged: the signal's reason is the
 * caller's own.
 */
export function asNo(trouble: unknown): unknown {
  if (trouble instanceof AlreadyRun) return ranBefore(trouble.request, trouble.became)
  if (!(trouble instanceof Fault || trouble instanceof Refusal)) return trouble
  return new NotPermitted('unavailable', `There is no permit: ${trouble.message}. The tool did not run.`)
}

/** @internal The refusal of a call whose id another running call has. */
export const sameId = (id: string): NotPermitted =>
  new NotPermitted('unavailable', `Another call with the id \`${id}\` runs. The tool did not run. Call it again later.`)

const ranBefore = (request: string, became: string): NotPermitted =>
  new NotPermitted(
    'already_run',
    `This call began before (${request}: ${became}), and does not run again. Check whether its change was made.`,
    request,
  )
