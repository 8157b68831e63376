import { globSync } from 'node:fs'
import { delayOf, slackDelay, streamDelay } from '../../tools/bench/latency/delays.ts'
import type { Published } from '../../tools/bench/published.ts'
import { faultsOfApproval } from '../domain/model/faults-of-approval.ts'
import { faultsOfAskingBack } from '../domain/model/faults-of-asking-back.ts'
import { faultsOfBreakGlass } from '../domain/model/faults-of-break-glass.ts'
import { faultsOfCalls } from '../domain/model/faults-of-calls.ts'
import { faultsOfDelegation } from '../domain/model/faults-of-delegation.ts'
import { faultsOfDrift } from '../domain/model/faults-of-drift.ts'
import { faultsOfGrant } from '../domain/model/faults-of-grant.ts'
import { faultsOfNarrowing } from '../domain/model/faults-of-narrowing.ts'
import { faultsOfReceipts } from '../domain/model/faults-of-receipts.ts'
import { faultsOfPlans } from '../domain/model/plans/faults-of-plans.ts'
import { read, root } from '../support/repository.ts'

/** A number in README or docs equals the number of its source. Tables that a program writes have their own tests. */

const json = (file: string) => JSON.parse(read(file))
const { version, engines } = json('package.json') as { version: string; engines: { node: string } }
const { sequence = {}, usd = Number.NaN } = json('docs/performance.json') as Published

const faults = [
  ...[faultsOfApproval, faultsOfGrant, faultsOfDelegation, faultsOfNarrowing, faultsOfCalls, faultsOfDrift],
  ...[faultsOfBreakGlass, faultsOfReceipts, faultsOfPlans, faultsOfAskingBack],
].flat()

/** The number in a file between two texts. */
const stated = (file: string, pattern: RegExp) => {
  const [, number = `nothing like ${pattern} in ${file}`] = pattern.exec(read(file)) ?? []
  return number.replaceAll('_', '')
}

type Score = { killed: number; timedOut: number; survived: number; notReached: number; of: number }
const scores = Object.entries(json('tools/mutation/scores.json') as { [folder: string]: Score })
const ran = ({ killed, timedOut, survived, notReached }: Score) => killed + timedOut + survived + notReached
/** A folder with most of its mutants run has its own score; the others share a sample. */
const isMostlyRun = (score: Score) => ran(score) > score.of / 2
function mutationScore(isOf: (folder: string, score: Score) => boolean): {
  score: number
  sampled: number
  all: number
} {
  const own = scores.filter(([folder, score]) => isOf(folder, score)).map(([, score]) => score)
  const sum = (count: (score: Score) => number) => own.reduce((total, score) => total + count(score), 0)
  const sampled = sum(ran)
  const score = Math.floor((100 * sum(({ killed, timedOut }) => killed + timedOut)) / sampled)
  return { score, sampled, all: sum(({ of }) => of) }
}
const sampleOf = (layer: string) =>
  mutationScore((folder, score) => folder.split('/')[0] === layer && !isMostlyRun(score))
const scoreOf = (name: string) => mutationScore((folder, score) => folder === name && isMostlyRun(score)).score
const [domain, operations] = [sampleOf('domain'), sampleOf('operations')]

const readme = 'README.md'
const performance = 'docs/performance.md'
const nearMisses = () =>
  stated('test/domain/credentials/session-policy.test.ts', /misses\)\.toBeGreaterThanOrEqual\((\S+)\)/)
const states = () => stated('test/domain/model/model-checker.test.ts', /'states'\)\)\.toBeGreaterThanOrEqual\((\S+)\)/)

/** @param numbers the right ones, one for each group of the pattern */
const claims: readonly [page: string, claim: RegExp, numbers: () => readonly (number | string)[]][] = [
  [readme, /catches each of (\d+) seeded faults/, () => [faults.length]],
  [readme, /by simulation: ([\d,]+) calls near the approved one/, () => [nearMisses()]],
  [
    readme,
    /DynamoDB read (\d+) ms, write (\d+), transaction (\d+), KMS (\d+), STS (\d+), a stream (\d+), Slack (\d+)/,
    () => [
      ...['Query', 'PutItem', 'TransactWriteItems'].map((operation) => delayOf('dynamodb', operation)),
      ...[delayOf('kms', 'Sign'), delayOf('sts', 'AssumeRole'), streamDelay, slackDelay],
    ],
  ],
  [readme, /You need Node (\d+) or later/, () => [stated('package.json', /"node": ">=(\d+)/)]],
  [readme, /for Node (\d+) and later/, () => [engines.node.slice(2, 4)]],
  [
    readme,
    /Python ([\d.]+) or later/,
    () => [stated('local/python-environment.ts', /version_info < \((3, \d+)\)/).replace(', ', '.')],
  ],
  [readme, /`hotwork-([\d.]+)\.tgz`/, () => [version]],
  [readme, /\[(100) million requests a day\]/, () => [stated('docs/scale.md', /\| (\d+) million, `shards` 64/)]],
  [readme, /An agent, in (ten) lines/, () => [linesOfAgent() === 10 ? 'ten' : `${linesOfAgent()}`]],
  [
    performance,
    /3, 3, 3, 4, 2, 2, 2 \| (\d) where the answer carries a `binding_token`, else 1; (\d), (\d), (\d), (\d), (\d), (\d), (\d) \|/,
    () =>
      [
        ...['evaluate', 'submit', 'click that is the last', 'token', 'AWS credentials'],
        ...['begin a use', 'end a use', 'complete'],
      ].map((verb) => sequence[verb] ?? 'not measured'),
  ],
  [performance, /0\.20; 0\.020; 1\.50 \| (\d\.\d+); /, () => [usd]],
  [performance, /; (\d\.\d+) \| `--only calls`; `test\/stack/, () => [idle()]],
  [performance, /^\$(\d\.\d+) a month in us-east-1/m, () => [idle()]],
  [
    performance,
    /missed: (\d+) % of the rest of `functions\/domain` and (\d+) % of `functions\/operations`, a sample of ([\d,]+) of ([\d,]+) changes/,
    () => [...[domain.score, operations.score], ...[domain.sampled + operations.sampled, domain.all + operations.all]],
  ],
  [
    performance,
    /all changes of `domain\/credentials` (\d+) % and of `domain\/halts` (\d+) %, three of four of `operations\/policy` (\d+) %/,
    () => ['domain/credentials', 'domain/halts', 'operations/policy'].map(scoreOf),
  ],
  [performance, /85 %; ([\d,]+) \| all/, () => [states()]],
  ['docs/controls.md', /(Five) frameworks have an adapter/, () => [frameworks() === 5 ? 'Five' : `${frameworks()}`]],
  ['docs/threat-model.md', /by simulation of ([\d,]+) calls near the approved one/, () => [nearMisses()]],
  [
    'SECURITY.md',
    /other requests of the last (\d+) days once/,
    () => [stated('functions/operations/ledger/check-chains.ts', /lookBack = (\d+) \* 24/)],
  ],
]

const linesOfAgent = () => /^```js\n(.*?)^```$/ms.exec(read(readme))?.[1]?.match(/^.*\S.*$/gm)?.length
const idle = () => (Number(stated('test/infra/alarms.test.ts', /costs at most \$(\d\.\d+):/)) - 0.01).toFixed(2)
const frameworks = () =>
  globSync('docs/agents/{ai-sdk,langchain,openai-agents,strands,claude-agent-sdk}.md', { cwd: root }).length

test.each(claims)("the number in %s at %s equals its source's", (page, claim, numbers) => {
  const said = claim.exec(read(page))?.slice(1) ?? []
  expect(said.map((number) => number.replaceAll(',', ''))).toEqual(numbers().map(String))
})

test('each number in the prose of README has a source, or needs none', () => {
  const [before = '', after = ''] = read(readme).split(
    /<!-- npm run bench -- --write -->[\s\S]*<!-- end of what was measured -->/,
  )
  const prose = claims
    .filter(([page]) => page === readme)
    .reduce((text, [, claim]) => text.replace(claim, ''), before + after)
    .replaceAll(/^```.*?^```$/gms, '')
    .replaceAll(/\]\([^)]*\)|`[^`]*`|src="[^"]*"|width="\d+"/g, '')
    .replaceAll(/RFC \d+|127\.0\.0\.1|Apache-2\.0|^\d\. |made it 2\.|exits 0|cvc5/gm, '')
    .replaceAll(/^ {2}.* --> .*$|^ {2}.* -- .*$/gm, '')
  expect(prose.match(/.*\d.*/g) ?? []).toEqual([])
})
