import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The rules of language of docs/vocabulary.md that a program can see. Each gives findings, as `file:line: words`. From a
 * shell: `node test/infra/support/words.ts functions/domain test/domain` prints those of some folders.
 */

const readable = /\.(?:ts|mjs|cjs|json|md|cedar|cedarschema|ya?ml)$/
const code = /\.(?:ts|mjs|cjs)$/

/** Files of a folder, or the file itself. Lists of installed packages and vectors are data. */
export const filesOf = (place: string): string[] =>
  statSync(place).isFile()
    ? [place]
    : readdirSync(place, { recursive: true, encoding: 'utf8' })
        .map((file) => join(place, file))
        .filter(
          (file) => readable.test(file) && !/package-lock\.json$|\/node_modules\/|ocsf-\d|vectors\.json$/.test(file),
        )

const vocabulary = 'docs/vocabulary.md'
const [, block = ''] = /^```forbidden\n(.*?)^```$/ms.exec(readFileSync(vocabulary, 'utf8')) ?? []
export const forbidden = block
  .split('\n')
  .filter((line) => line !== '')
  .map((pattern) => new RegExp(pattern, 'i'))

/** The vocabulary itself names forbidden words: in its block, and in the last column of its tables. */
function textOf(file: string): string {
  const text = readFileSync(file, 'utf8')
  if (file !== vocabulary) return text
  return text.replace(block, (lines) => lines.replace(/.+/g, '')).replace(/^(\|.*\|)[^|\n]*\|$/gm, '$1')
}

export const findForbidden = (file: string): string[] =>
  textOf(file)
    .split('\n')
    .flatMap((line, at) =>
      forbidden.flatMap((pattern) => {
        const [word] = pattern.exec(line) ?? []
        return word === undefined ? [] : [`${file}:${at + 1}: ${word}`]
      }),
    )

const comment = /\/\*\*?(?<block>.*?)\*\/|(?:^|\s)\/\/(?<line>[^\n]*(?:\n[ \t]*\/\/[^\n]*)*)/gs
const opening = /(?:^|[.:?!] )(?:What|That|Of|Who|Whose|Which|Where|So long)\b[^.]{0,50}/g

/** Sentences of comments that begin with a word that points at nothing. */
export function findOpenings(file: string): string[] {
  if (!code.test(file)) return []
  const text = readFileSync(file, 'utf8')
  return [...text.matchAll(comment)].flatMap(({ groups, index }) => {
    const said = (groups?.['block'] ?? groups?.['line'] ?? '').replace(/\s*\n\s*(?:\*|\/\/)?\s*/g, ' ').trim()
    const line = text.slice(0, index).split('\n').length
    return [...said.matchAll(opening)].map(([words]) => `${file}:${line}: ${words}`)
  })
}

const named =
  /\b(?:test|it)(?:\.\w+)*(?:<[^()]*>)?\(\s*(['"`])(?<name>(?:\\.|(?!\1).)*)\1|^ *\]\)\(\s*(['"`])(?<row>(?:\\.|(?!\3).)*)\3/gms
const verbs =
  'says|ends|takes|tells|decides|counts|names|shows?|keeps|gives|asks|leaves|holds?|opens|goes|calls|comes|waits|lets|hands|' +
  'denies|writes|refuses|fails|brings|answers|needs|makes|gets|stands|knows|permits|loses|finds|lists|lives|strikes|stays|' +
  'sends|reads|draws|starts|begins|stops|returns|puts|adds|removes|uses|changes|passes|prints|sees|follows|works|becomes|' +
  'reaches|sets|stores|looks|turns|runs|covers|belongs|bears|marks|signs|carries|means|moves|checks|matches|expects|accepts'
const withoutSubject = new RegExp(
  '^(?:(?:that|who|whose|which|what|of|is|are|was|were|has|have|had|does|do|did|may|can|could|must|cannot|nor|and|or|not)\\b' +
    `|(?:${verbs}) (?!of\\b|that\\b|and\\b|are\\b|in\\b|on\\b)` +
    '|(?:with|without|by|in|on|at|for|to|from|as|since|because|while|where|when|after|before|if|once|until)\\b(?!.*,))',
)

/** Names of tests that are no sentence of their own: their subject stands in a `describe`, or nowhere. */
export function findFragments(file: string): string[] {
  if (!file.endsWith('.test.ts')) return []
  const text = readFileSync(file, 'utf8')
  return [...text.matchAll(named)].flatMap(({ groups, index }) => {
    const name = groups?.['name'] ?? groups?.['row'] ?? ''
    return withoutSubject.test(name) ? [`${file}:${text.slice(0, index).split('\n').length}: ${name}`] : []
  })
}

const subject = /^(?=.{0,71}$)(?:Add|Fix|Remove|Rename|Move|Test|Document|Bound|Refuse|Speed up|Simplify) /

/** Subjects of commits in another form. Git's own of a merge or a revert are not ours. */
export const findSubjects = (subjects: readonly string[]): string[] =>
  subjects.filter((line) => line !== '' && !subject.test(line) && !/^(?:Merge|Revert) /.test(line))

if (process.argv[1]?.endsWith('support/words.ts'))
  for (const file of process.argv.slice(2).flatMap(filesOf))
    for (const find of [findForbidden, findOpenings, findFragments]) for (const line of find(file)) console.log(line)
