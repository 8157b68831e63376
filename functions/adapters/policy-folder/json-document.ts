// Rules: test/policies/bad-folder.test.ts
import { readFileSync } from 'node:fs'
import type { Node, ParseError } from 'jsonc-parser'
import { findNodeAtLocation, getNodeValue, parseTree, printParseErrorCode } from 'jsonc-parser'
import type * as z from 'zod'
import { inert } from '../../domain/inert.ts'
import { known, nearest, type Path, type Say } from '../../domain/what-is-wrong.ts'

/** A problem in a policy folder: its place, its description and its fix. */
export type Problem = { file: string; line: number; message: string; fix: string }

/** `policies/ladder.json:12: message` and the fix beneath, as compilers print it. Terminal escapes in it are inert. */
export const formatProblem = ({ file, line, message, fix }: Problem): string =>
  `${inert(file)}:${line}: ${inert(message)}\n    ${inert(fix)}`

const lineAt = (text: string, offset: number): number => text.slice(0, offset).split('\n').length

export function problemsIn(document: JsonDocument, check: (say: Say) => void): Problem[] {
  const problems: Problem[] = []
  check((path, message, fix) => problems.push(document.report(path, message, fix)))
  return problems
}

export const mustBeIn = (names: Iterable<string>, say: Say) => (path: Path, name: string, message: string) => {
  if (![...names].includes(name)) say(path, message, known(names))
}

export class JsonDocument {
  readonly file: string
  readonly problems: Problem[] = []
  readonly #text: string
  readonly #root: Node | undefined

  constructor(file: string, text = readFileSync(file, 'utf8')) {
    this.file = file
    this.#text = text
    const errors: ParseError[] = []
    this.#root = parseTree(this.#text, errors, { disallowComments: true, allowTrailingComma: false })
    for (const { error, offset } of errors) {
      this.#add(
        offset,
        `not JSON: ${wordsOf(printParseErrorCode(error))}`,
        'write it as RFC 8259 says, without comments',
      )
    }
    if (this.#root) this.#checkNames(this.#root)
  }

  /** Reports a problem of the value at `path`, or of its nearest ancestor. */
  report(path: Path, message: string, fix: string): Problem {
    return { file: this.file, line: this.lineOf(path), message, fix }
  }

  lineOf(path: Path): number {
    for (let length = path.length; length > 0; length--) {
      const node = this.#root && findNodeAtLocation(this.#root, path.slice(0, length))
      if (node) return lineAt(this.#text, (node.parent?.type === 'property' ? node.parent : node).offset)
    }
    return 1
  }

  /** The values that a person must still decide: each is `TODO`, or `TODO: ` and the question. */
  todos(): Problem[] {
    return this.#root ? todosIn(this.#root, []).map(([path, question]) => this.#todo(path, question)) : []
  }

  #todo(path: Path, question: string): Problem {
    return this.report(path, `${where(path)} is still to be decided`, question || 'write the value that it should have')
  }

  parse<T extends z.ZodType>(schema: T): z.infer<T> | undefined {
    if (this.problems.length > 0 || !this.#root) return undefined
    const parsed = schema.safeParse(getNodeValue(this.#root))
    if (parsed.success) return parsed.data
    for (const issue of parsed.error.issues) this.problems.push(this.#problemOf(issue, []))
    return undefined
  }

  #problemOf(issue: z.core.$ZodIssue, above: Path): Problem {
    const path = [...above, ...issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))]
    if (issue.code === 'invalid_union') {
      const branch = nearest(issue.errors)
      // If no alternative matched, a message that names them all is clearer.
      const hasWords = !issue.message.startsWith('Invalid ')
      if (branch && !(hasWords && branch.path.length === 0)) return this.#problemOf(branch, path)
    }
    if (issue.code === 'unrecognized_keys') {
      const names = issue.keys.map((key) => `\`${key}\``).join(', ')
      return this.report(
        [...path, issue.keys[0] ?? ''],
        `${where(path)} has no member ${names}`,
        'remove it, or correct its spelling',
      )
    }
    const missing = issue.code === 'invalid_type' && issue.input === undefined && this.#at(path) === undefined
    const { fix = 'change it; docs/policies.md says what it is' } = issue.code === 'custom' ? (issue.params ?? {}) : {}
    return missing
      ? this.report(path, `${where(path)} is missing`, `add it; docs/policies.md says what it is`)
      : this.report(path, `${where(path)}: ${issue.message}`, fix)
  }

  #at(path: Path): Node | undefined {
    return this.#root && findNodeAtLocation(this.#root, [...path])
  }

  #checkNames(node: Node): void {
    const seen = new Set<string>()
    for (const child of node.children ?? []) {
      const key = child.type === 'property' ? child.children?.[0] : undefined
      if (key) {
        if (seen.has(key.value)) this.#add(key.offset, `\`${key.value}\` stands here twice`, 'keep one of them')
        seen.add(key.value)
        // JavaScript would set the prototype instead of a member.
        if (key.value === '__proto__') this.#add(key.offset, '`__proto__` is no name', 'give it another name')
      }
      this.#checkNames(child)
    }
  }

  #add(offset: number, message: string, fix: string): void {
    const problem = { file: this.file, line: lineAt(this.#text, offset), message, fix }
    // One mistake makes the parser report several problems in its line.
    if (!this.problems.some((other) => formatProblem(other) === formatProblem(problem))) this.problems.push(problem)
  }
}

function todosIn({ type, value, children = [] }: Node, path: Path): readonly (readonly [Path, question: string])[] {
  if (type === 'object')
    return children.flatMap(({ children: [name, member] = [] }) =>
      member ? todosIn(member, [...path, name?.value]) : [],
    )
  if (type === 'array') return children.flatMap((each, at) => todosIn(each, [...path, at]))
  const found = type === 'string' ? /^TODO(?:$|: *(.*))/s.exec(value) : null
  return found ? [[path, found[1] ?? '']] : []
}

const where = (path: Path) => (path.length === 0 ? 'the file' : `\`${path.join('.')}\``)

const wordsOf = (code: string) => code.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).trim()
