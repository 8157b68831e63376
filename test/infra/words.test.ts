import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../support/repository.ts'
import { filesOf, findForbidden, findFragments, findOpenings, findSubjects, forbidden } from './support/words.ts'

/** The language of the repository, by the rules of docs/vocabulary.md that a program can see (`support/words.ts`). */

const code = ['client', 'examples', 'functions', 'infra', 'local', 'policy-tools', 'test', 'tools']
const places = [...code, 'docs', 'README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'policies']

/** Findings that are left, by rule and place. A number may only fall: where fewer are found, the file says the new one. */
const budget = JSON.parse(readFileSync(join(__dirname, 'words.json'), 'utf8')) as {
  [rule: string]: { [place: string]: number }
}

const withinBudget = (rule: string, place: string, findings: readonly string[]) => {
  const left = budget[rule]?.[place] ?? 0
  if (findings.length > left) expect(findings).toEqual([])
  expect(`${place}: ${findings.length}`).toBe(`${place}: ${left}`)
}

test('the vocabulary forbids some words', () => {
  expect(forbidden.length).toBeGreaterThan(5)
  expect(forbidden.some((pattern) => pattern.exec(['who', 'ever'].join('')))).toBe(true)
})

test.each(places)('%s says no word that the vocabulary forbids', (place) => {
  withinBudget('words', place, filesOf(place).flatMap(findForbidden))
})

test.each(code)('a sentence of a comment in %s begins with a noun, and not with What, That or Of', (place) => {
  withinBudget('openings', place, filesOf(place).flatMap(findOpenings))
})

test('the name of each test is a whole sentence with its subject', () => {
  withinBudget('names', 'test', filesOf('test').flatMap(findFragments))
})

test('the lines of tests are within their budget, which falls with them', () => {
  const files = readdirSync('test', { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !file.includes('node_modules'),
  )
  const lines = files.reduce((sum, file) => sum + readFileSync(join('test', file), 'utf8').split('\n').length - 1, 0)
  const most = budget['lines']?.['test'] ?? 0
  expect(lines).toBeLessThanOrEqual(most)
  expect(lines).toBeGreaterThan(most - 1_000)
})

test('the subject of each commit since the rule begins with one of its verbs, in at most 72 characters', () => {
  const [since] = readFileSync(join(__dirname, 'words.json'), 'utf8').match(/[0-9a-f]{40}/) ?? []
  const log = spawnSync('git', ['log', '--format=%s', `${since}..HEAD`], { cwd: root, encoding: 'utf8' })
  // A shallow clone has no such commit.
  if (log.status === 0) expect(findSubjects(log.stdout.split('\n'))).toEqual([])
  expect(findSubjects(['Mend what fell', 'Fix a name', `Add ${'x'.repeat(80)}`])).toHaveLength(2)
})
