import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { chooseSubjects, usage } from './subjects.ts'

/**
 * `npm run test:mutation -- FOLDER...`: Stryker changes the code of each folder of `functions/` in one place at a time, and
 * runs the tests that reach the place. A change that no test finds has survived. Without folders, all subjects. What
 * an earlier run found of unchanged code and tests is kept. Ends with a table, which `test/mutation/scores.json` keeps.
 */

const root = join(import.meta.dirname, '../..')
const state = join(root, '.hotwork/mutation')
const scoresFile = join(import.meta.dirname, 'scores.json')

/** Tests of other subjects that hold a folder's rules. */
const alsoHeldBy: { readonly [folder: string]: readonly string[] } = {
  'domain/halts': ['operations/halts'],
  'domain/uses': ['policies/usage'],
  'domain/policy': ['operations/policy', 'operations/requests'],
}

type Score = { killed: number; timedOut: number; survived: number; notReached: number; score: number; date: string }
type Report = { files: { [name: string]: { mutants: { status: string }[] } } }

const chosen = chooseSubjects(process.argv.slice(2))
if (chosen === undefined) {
  console.error(usage)
  process.exit(2)
}
for (const folder of chosen) mutate(folder)
print(readScores())

function mutate(folder: string): void {
  const [layer, subject] = folder.split('/') as [string, string]
  const tests = layer === 'domain' ? ['domain', `operations/${subject}`] : [folder, `domain/${subject}`]
  const kept = join(state, folder)
  mkdirSync(kept, { recursive: true })
  console.log(`\n── ${folder}`)
  const { status } = spawnSync(join(root, 'node_modules/.bin/stryker'), ['run', 'test/mutation/stryker.config.mjs'], {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      HOTWORK_MUTATE: folder,
      HOTWORK_MUTATION_TESTS: [...tests, ...(alsoHeldBy[folder] ?? [])].join(' '),
      HOTWORK_MUTATION_STATE: relative(root, kept),
    },
  })
  if (status !== 0) throw new Error(`Stryker ended with ${status} in ${folder}`)
  const report = JSON.parse(readFileSync(join(kept, 'report.json'), 'utf8')) as Report
  const scores = { ...readScores(), [folder]: scoreOf(report) }
  writeFileSync(scoresFile, `${JSON.stringify(scores, null, 2)}\n`)
}

function scoreOf({ files }: Report): Score {
  const mutants = Object.values(files).flatMap((file) => file.mutants)
  const count = (status: string) => mutants.filter((mutant) => mutant.status === status).length
  const [killed, timedOut] = [count('Killed'), count('Timeout')]
  const [survived, notReached] = [count('Survived'), count('NoCoverage')]
  const found = killed + timedOut
  const score = Math.round((1000 * found) / (found + survived + notReached)) / 10
  return { killed, timedOut, survived, notReached, score, date: new Date().toISOString().slice(0, 10) }
}

function readScores(): { [folder: string]: Score } {
  return existsSync(scoresFile) ? JSON.parse(readFileSync(scoresFile, 'utf8')) : {}
}

function print(scores: { [folder: string]: Score }): void {
  console.table(scores)
  for (const layer of ['domain', 'operations']) {
    const all = Object.entries(scores).flatMap(([folder, score]) => (folder.startsWith(`${layer}/`) ? [score] : []))
    const sum = (part: (score: Score) => number) => all.reduce((total, score) => total + part(score), 0)
    const found = sum(({ killed, timedOut }) => killed + timedOut)
    const whole = found + sum(({ survived, notReached }) => survived + notReached)
    console.log(`${layer}: ${((100 * found) / whole).toFixed(1)} % of ${whole} changes are found`)
  }
}
