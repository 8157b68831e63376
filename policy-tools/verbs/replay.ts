// Rules: test/policies/replay.test.ts
import * as z from 'zod'
import { cedar } from '../../functions/adapters/cedar/compile-cedar.ts'
import type { Problem } from '../../functions/adapters/policy-folder/json-document.ts'
import { inert } from '../../functions/domain/inert.ts'
import { defined, rfc3339 } from '../../functions/domain/values.ts'
import type { Replayed } from '../change/replay.ts'
import { Replay, type RulesOf } from '../replay/replay-ledger.ts'
import { Rules } from '../replay/rules.ts'
import { type Exit, exits, type Io, jsonText, WrongUsage } from './io.ts'
import { openPolicies, tellProblems } from './open.ts'
import { readLedger } from './read-ledger.ts'
import { describeReplay } from './replay-report.ts'

/**
 * Asks every question of a ledger again, under other policies or under its own, and prints the changed answers. Exit 6
 * if the policies are wider, 1 if part of the ledger is unreadable or altered.
 */
export const Options = z.object({
  policies: z.string().optional(),
  /** Replaces `policies`: the file of each deciding bundle that was kept, by its hash. */
  own: z.record(z.string(), z.string()).optional(),
  /** `-` is standard input. */
  ledger: z.string(),
  deployment: z.string().optional(),
  json: z.boolean(),
})

const entriesBetweenWords = 20_000

export async function run(options: z.infer<typeof Options>, io: Io): Promise<Exit> {
  const { ledger, json } = options
  const under = rulesUnder(options, io)
  if (!under.ok) return tellProblems(under.problems, json, io)
  const replay = new Replay(under.rules)
  let [entries, isCut] = [0, false]
  for await (const entry of readLedger(ledger, io.stdin, () => (isCut = true))) {
    replay.take(entry)
    entries += 1
    if (entries % entriesBetweenWords === 0) io.err(`${entries} entries, up to ${entry.at} ...\n`)
  }
  const { result } = replay
  io.out(json ? jsonText(told(result)) : describeReplay(result))
  if (isCut) io.err(`the last line of ${ledger} is cut, and was left out\n`)
  if (under.warning !== undefined) io.err(under.warning)
  if (result.widened.length > 0) return exits.widens
  const doubts = result.unreadable.newer + result.unreadable.others + result.broken.length
  return isCut || doubts > 0 ? exits.problems : exits.done
}

type Under = { ok: true; rules: Rules | RulesOf; warning?: string } | { ok: false; problems: readonly Problem[] }

function rulesUnder({ policies, own, deployment }: z.infer<typeof Options>, io: Io): Under {
  if (own !== undefined) return { ok: true, rules: ownRules(own, io) }
  if (policies === undefined)
    throw new WrongUsage('there is nothing to replay it under', 'name a folder, or give `--own`')
  const opened = openPolicies(policies, { ...defined({ deployment }), evenIfCasesFail: true })
  if (!opened.ok) return opened
  const { bundle, folder, failing } = opened
  const accountsFromRecord = folder !== undefined && deployment === undefined
  const fail = `${failing.length} cases of ${policies} fail: \`hotwork policy check\` says which\n`
  const rules = new Rules(cedar.open(bundle), { accountsFromRecord })
  return { ok: true, rules, ...(failing.length > 0 && { warning: fail }) }
}

/** Each bundle is opened at its first entry. */
function ownRules(files: { readonly [hash: string]: string }, io: Io): RulesOf {
  const known = new Map<string, Rules | undefined>()
  return (hash) => {
    if (!known.has(hash)) known.set(hash, rulesIn(hash, Object.hasOwn(files, hash) ? files[hash] : undefined, io))
    return known.get(hash)
  }
}

function rulesIn(hash: string, file: string | undefined, io: Io): Rules | undefined {
  const opened = file === undefined ? undefined : openPolicies(file)
  if (opened?.ok && opened.bundle.hash === hash) return new Rules(cedar.open(opened.bundle))
  io.err(`${inert(hash)}: ${opened ? 'it cannot be read by this version' : 'it is not kept'}\n`)
  return undefined
}

const told = ({ from, until, ...result }: Replayed) => ({
  ...result,
  ...(from === undefined || until === undefined ? {} : { from: rfc3339(from), until: rfc3339(until) }),
})
