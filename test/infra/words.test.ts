import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './support/assembly.ts'

/** No file says a word that docs/vocabulary.md forbids. */

/** What is read: files, and folders with all that is in them. */
const places = [
  'docs',
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'client',
  'examples',
  'functions',
  'infra',
  'local',
  'policies',
  'policy-tools',
]
const readable = /\.(?:ts|mjs|cjs|json|md|cedar|cedarschema|ya?ml)$/

/** Lines that may say a forbidden word, each with its reason. */
const allowed: readonly { file: string; line: RegExp; why: string }[] = []

const vocabulary = 'docs/vocabulary.md'
const [, block = ''] = /^```forbidden\n(.*?)^```$/ms.exec(readFileSync(join(root, vocabulary), 'utf8')) ?? []
const forbidden = block
  .split('\n')
  .filter((line) => line !== '')
  .map((pattern) => new RegExp(pattern, 'i'))

const filesOf = (place: string): string[] =>
  statSync(join(root, place)).isFile()
    ? [place]
    : readdirSync(join(root, place), { recursive: true, encoding: 'utf8' })
        .map((file) => join(place, file))
        .filter((file) => readable.test(file))

/** The vocabulary itself names forbidden words: in its block, and in the last column of its tables. */
const textOf = (file: string): string => {
  const text = readFileSync(join(root, file), 'utf8')
  if (file !== vocabulary) return text
  return text.replace(block, (lines) => lines.replace(/.+/g, '')).replace(/^(\|.*\|)[^|\n]*\|$/gm, '$1')
}

function findForbidden(file: string): string[] {
  return textOf(file)
    .split('\n')
    .flatMap((line, at) => {
      const found = forbidden.map((pattern) => pattern.exec(line)?.[0]).filter((word) => word !== undefined)
      const isAllowed = allowed.some((exception) => exception.file === file && exception.line.test(line))
      return isAllowed ? [] : found.map((word) => `${file}:${at + 1}: ${word}`)
    })
}

test('the vocabulary forbids some words', () => {
  expect(forbidden.length).toBeGreaterThan(5)
  expect(forbidden.some((pattern) => pattern.test('whoever'))).toBe(true)
})

test.each(places)('%s says no word that the vocabulary forbids', (place) => {
  expect(filesOf(place).flatMap(findForbidden)).toEqual([])
})
