// Rules: test/client/policy/explain.test.ts
import * as z from 'zod'
import { cedar } from '../../functions/adapters/cedar/compile-cedar.ts'
import { defined } from '../../functions/domain/values.ts'
import { explainRequest } from '../../functions/operations/policy/explain-tier.ts'
import { RecordedWorld } from '../replay/recorded-world.ts'
import { explainedJson, explainedText } from './explained.ts'
import { type Exit, exits, type Io, jsonText, WrongUsage } from './io.ts'
import { openPolicies, tellProblems } from './open.ts'
import { readLedger } from './read-ledger.ts'

/** Explains a recorded request's tier under these policies. Exit 1 if they lack its action. */
export const Options = z.object({
  /** A file with the entries of one request. */
  record: z.string(),
  policies: z.string(),
  deployment: z.string().optional(),
  json: z.boolean(),
})

export async function run(options: z.infer<typeof Options>, io: Io): Promise<Exit> {
  const { record, policies, deployment, json } = options
  const opened = openPolicies(policies, { ...defined({ deployment }), evenIfCasesFail: true })
  if (!opened.ok) return tellProblems(opened.problems, json, io)
  const world = new RecordedWorld()
  for await (const entry of readLedger(record, io.stdin, () => {})) world.take(entry)
  const [state] = world.requests.values()
  if (!state)
    throw new WrongUsage('the record has no request from its first entry on', 'name a request that was submitted')
  const { hash } = opened.bundle
  const explained = explainRequest(cedar.open(opened.bundle), state)
  const { ask, tier } = state
  if (json) io.out(jsonText({ request: ask.id, tier, bundle: hash, explanation: explainedJson(explained) }))
  else io.out(`${ask.id}, tier ${tier}; under ${hash}:\n${explainedText(explained) || 'not known there\n'}`)
  return explained.length > 0 ? exits.done : exits.problems
}
