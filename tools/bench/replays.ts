import { CedarPolicy } from '../../functions/adapters/cedar/cedar-policy.ts'
import type { Bundle } from '../../functions/domain/policy/bundle.ts'
import { Replay } from '../../policy-tools/replay/replay-ledger.ts'
import { Rules } from '../../policy-tools/replay/rules.ts'
import { manyLives } from '../../test/support/ledger/many-lives.ts'
import { parameter, prodParameter, stagingParameter, World } from '../../test/support/world.ts'
import type { Finding } from './harness.ts'

const atLeast = 10_000
const seconds = 60

/**
 * Recorded questions replayed by `hotwork policy replay`, in processor time of one core, so that the machine's load
 * does not count.
 */
export async function measureReplay(bundle: Bundle): Promise<Finding> {
  const world = new World(bundle)
  await world.issueToken(await world.approved(prodParameter))
  await world.issueToken(await world.submitted(stagingParameter))
  await world.decide(await world.submitted(parameter('/prod/checkout/size')), 'ana', 'deny')
  const { entries } = await world.ledger.search({}, { limit: 1000 })
  const ledger = [...manyLives(entries, 1200)]
  const replay = new Replay(new Rules(new CedarPolicy(bundle)))
  const before = process.cpuUsage()
  for (const entry of ledger) replay.take(entry)
  const { user, system } = process.cpuUsage(before)
  const { questions, widened, narrowed } = replay.result
  if (questions < atLeast || widened.length + narrowed.length > 0) throw new Error('it should replay to what it was')
  const took = (user + system) / 1e6
  return {
    id: '',
    what: `${questions.toLocaleString('en')} recorded questions asked again`,
    target: `<= ${seconds} s`,
    measured: `${took.toFixed(1)} s of processor time, ${Math.round(questions / took)} a second`,
    verdict: took <= seconds ? 'met' : 'missed',
  }
}
