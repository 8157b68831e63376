import * as z from 'zod'
import { cedar } from '../../adapters/cedar/compile-cedar.ts'
import { rfc3339 } from '../../domain/ledger/ledger.ts'
import type { Replayed } from '../../domain/policy-change/replay.ts'
import { describeReplay } from '../../domain/policy-change/replay-words.ts'
import { defined } from '../../domain/values.ts'
import { Replay } from '../../operations/policy-change/replay-ledger.ts'
import { Rules } from '../../operations/policy-change/rules.ts'
import { type Exit, exits, type Io, jsonText } from './io.ts'
import { openPolicies, tellProblems } from './open.ts'
import { readLedger } from './read-ledger.ts'

/**
 * Asks every question that a ledger records again under other policies, and prints what would have been decided otherwise.
 * Exit 6 where they are wider, 1 where some of the ledger could not be read, or is not as it was written.
 */
export const Options = z.object({
  policies: z.string(),
  /** `-` is standard input. */
  ledger: z.string(),
  deployment: z.string().optional(),
  json: z.boolean(),
})

const entriesBetweenWords = 20_000

export async function run(options: z.infer<typeof Options>, io: Io): Promise<Exit> {
  const { policies, ledger, deployment, json } = options
  const opened = openPolicies(policies, { ...defined({ deployment }), evenIfCasesFail: true })
  if (!opened.ok) return tellProblems(opened.problems, json, io)
  const { bundle, folder, failing } = opened
  const accountsFromRecord = folder !== undefined && deployment === undefined
  const replay = new Replay(new Rules(cedar.open(bundle), { accountsFromRecord }))
  let [entries, isCut] = [0, false]
  for await (const entry of readLedger(ledger, io.stdin, () => (isCut = true))) {
    replay.take(entry)
    entries += 1
    if (entries % entriesBetweenWords === 0) io.err(`${entries} entries, up to ${entry.at} ...\n`)
  }
  const { result } = replay
  io.out(json ? jsonText(told(result)) : describeReplay(result))
  if (isCut) io.err(`the last line of ${ledger} is cut, and was left out\n`)
  if (failing.length > 0) io.err(`${failing.length} cases of ${policies} fail: \`hotwork policy check\` says which\n`)
  if (result.widened.length > 0) return exits.widens
  const doubts = result.unreadable.newer + result.unreadable.others + result.broken.length
  return isCut || doubts > 0 ? exits.problems : exits.done
}

const told = ({ from, until, ...result }: Replayed) => ({
  ...result,
  ...(from === undefined || until === undefined ? {} : { from: rfc3339(from), until: rfc3339(until) }),
})
