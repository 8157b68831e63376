import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { chooseSubjects, subjectOf, usage } from './subjects.ts'

/**
 * `npm run test:mutation -- FOLDER...`: Stryker changes the code of the folders of `functions/` in one place at a time,
 * and runs the tests that reach the place. A change that no test finds has survived. With `--minutes` the run ends
 * then, and the score is that of a sample spread over all files. Ends with a table, which `tools/mutation/scores.json`
 * keeps, and a list of the survivors.
 */

const root = join(import.meta.dirname, '../..')
const state = join(root, '.hotwork/mutation')
const scoresFile = join(import.meta.dirname, 'scores.json')

/** `of` is the number of all changes; the score counts those that were tried. */
type Score = {
  killed: number
  timedOut: number
  survived: number
  notReached: number
  of: number
  score: number
  date: string
}
type Result = { rank: number; status: string; file: string; line: number; mutatorName: string; replacement: string }

const choice = chooseSubjects(process.argv.slice(2))
if (choice === undefined) {
  console.error(usage)
  process.exit(2)
}
const results = mutate(choice.folders, choice.minutes)
const scores = { ...readScores(), ...Object.fromEntries(choice.folders.map((folder) => [folder, scoreOf(folder)])) }
writeFileSync(scoresFile, `${JSON.stringify(scores, null, 2)}\n`)
print()

function mutate(folders: readonly string[], minutes: number | undefined): readonly Result[] {
  rmSync(state, { recursive: true, force: true })
  mkdirSync(state, { recursive: true })
  const { status, signal, error } = spawnSync(
    process.execPath,
    [join(root, 'node_modules/@stryker-mutator/core/bin/stryker.js'), 'run', 'tools/mutation/stryker.config.mjs'],
    {
      cwd: root,
      stdio: 'inherit',
      ...(minutes === undefined ? {} : { timeout: minutes * 60_000 }),
      env: { ...process.env, HOTWORK_MUTATE: folders.join(' '), HOTWORK_MUTATION_STATE: state },
    },
  )
  const timeIsUp = (error as NodeJS.ErrnoException | undefined)?.code === 'ETIMEDOUT'
  if (status !== 0 && !timeIsUp) throw new Error(`Stryker ended with ${status ?? signal}`)
  const lines = readFileSync(join(state, 'results.jsonl'), 'utf8').trim().split('\n')
  const all = lines.map((line): Result => JSON.parse(line))
  // Changes that no test reaches are reported before all others have been tried.
  const ran = all.filter((result) => !['Planned', 'NoCoverage', 'Ignored'].includes(result.status))
  const last = Math.max(...ran.map(({ rank }) => rank))
  return all.filter(({ status: told, rank }) => told !== 'NoCoverage' || !timeIsUp || rank <= last)
}

function scoreOf(folder: string): Score {
  const own = results.filter(({ file }) => subjectOf(file) === folder)
  const count = (status: string) => own.filter((result) => result.status === status).length
  const [killed, timedOut] = [count('Killed'), count('Timeout')]
  const [survived, notReached] = [count('Survived'), count('NoCoverage')]
  const found = killed + timedOut
  const score = Math.round((1000 * found) / (found + survived + notReached)) / 10
  const date = new Date().toISOString().slice(0, 10)
  return { killed, timedOut, survived, notReached, of: count('Planned'), score, date }
}

function readScores(): { [folder: string]: Score } {
  return existsSync(scoresFile) ? JSON.parse(readFileSync(scoresFile, 'utf8')) : {}
}

function print(): void {
  const survivors = results
    .filter(({ status }) => status === 'Survived' || status === 'NoCoverage')
    .map(
      ({ status, file, line, mutatorName, replacement }) => `${file}:${line} ${status} ${mutatorName} ${replacement}`,
    )
    .toSorted()
  writeFileSync(join(state, 'survivors.txt'), `${survivors.join('\n')}\n`)
  console.table(scores)
  for (const layer of ['domain', 'operations']) {
    const taken = Object.entries(scores).flatMap(([folder, each]) =>
      folder.split('/')[0] === layer && Number.isFinite(each.score) ? [each] : [],
    )
    const all = taken.reduce((sum, { of }) => sum + of, 0)
    const found = taken.reduce((sum, { of, score }) => sum + of * score, 0)
    console.log(`${layer}: ${(found / all).toFixed(1)} % of ${all} changes are found, each folder by its sample`)
  }
}
