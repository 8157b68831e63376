// Rules: test/targets/aws/runs/automation-and-build.test.ts
import type { Bundle } from '../../../domain/policy/bundle.ts'
import { ownNamesIn } from '../../../domain/policy/own-control-plane.ts'
import type { JsonObject } from '../../../domain/values.ts'
import type { Found } from '../../reach.ts'
import type { ReadModel } from '../models/read-model.ts'
import type { AwsReader } from '../ports.ts'
import { roleOf } from '../rules/run-statements.ts'
import type { RunAction } from '../rules/runs.ts'
import { shownParts } from './open-parts.ts'
import { type RunSettings, Unfit } from './run.ts'
import { runs } from './runs.ts'

/** A run's entry with its account. */
export type RunOf = Pick<RunSettings, 'entry' | 'account'> & { bundle: Bundle; action: RunAction }

/** AWS's names for a document, version, state machine, function or change set that does not exist. */
const missing =
  /^(?:InvalidDocument(?:Version)?|StateMachineDoesNotExist|ResourceNotFoundException|ChangeSetNotFound(?:Exception)?)$/

/** A definition's own names may be in it. Characters. */
const longestReason = 300

/** One is enough for a refusal. */
const mostOwn = 5

/** The answer of the read `aws:DescribeRun`. It never throws. */
export async function describeRunAs(args: JsonObject, of: RunOf, aws: AwsReader, signal: AbortSignal): Promise<Found> {
  try {
    const {
      digest,
      runsAs,
      open,
      concerns = [],
      ...more
    } = await runs[of.action].describe(args, readingFor(of, aws, signal))
    const expected = roleOf(of.entry, of.account)
    if (expected !== undefined && runsAs !== null && runsAs !== expected)
      throw new Unfit('other_role', `it runs as \`${runsAs}\`, and the entry says \`${expected}\``)
    const own = [...ownNamesIn(concerns, of.bundle, aws.role)].slice(0, mostOwn)
    const answer = { digest, runsAs, open: shownParts(open), ...(own.length > 0 && { concerns: own }), ...more }
    return { found: 'answer', answer: answer as JsonObject }
  } catch (fault) {
    if (fault instanceof Unread) return fault.found
    if (!(fault instanceof Unfit)) return { found: 'failed', why: 'unreadable', fault: 'no_description' }
    return {
      found: 'failed',
      why: 'unreadable',
      fault: fault.name,
      words: `\`${fault.name}\`: ${fault.message.replace(/\s+/g, ' ').slice(0, longestReason)}`,
    }
  }
}

/** The settings by which a module calls AWS with the bundle's models. */
export const settingsFor = (
  { bundle, entry, account }: Omit<RunOf, 'action'>,
  mask: RunSettings['mask'],
  call: (model: ReadModel, args: JsonObject, operation: string) => Promise<JsonObject>,
): RunSettings => ({
  ...{ entry, account, mask },
  async call(operation, args) {
    const model = bundle.models?.[operation]
    if (!model) throw new TypeError(`the bundle has no model of \`${operation}\``)
    return call(model as ReadModel, args, operation)
  },
})

/** Settings that only read, as the reader. */
export const readingFor = (of: RunOf, aws: AwsReader, signal: AbortSignal): RunSettings =>
  settingsFor(
    of,
    () => null,
    async (model, args, operation) => {
      const found = await aws.read({ action: operation, arguments: args, absent: [], signal, model }, of.account)
      if (found.found === 'answer') return found.answer
      const isMissing = found.found === 'failed' && missing.test(found.fault)
      throw isMissing ? new Unfit(found.fault, 'AWS does not show it') : new Unread(found)
    },
  )

/** A read of a definition, or of a lost run, that failed. */
class Unread extends Error {
  override readonly name: string
  readonly found: Exclude<Found, { found: 'answer' }>

  constructor(found: Exclude<Found, { found: 'answer' }>) {
    super('a run is not read')
    this.name = found.found === 'failed' ? found.fault : 'absent'
    this.found = found
  }
}
